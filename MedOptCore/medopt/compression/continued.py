"""A run's network that learns on: what steps which train have in common."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from medopt.compression.distill.teacher import Teacher
from medopt.networks import narrow
from medopt.tasks import Task
from medopt.training.course import Course, Scene
from medopt.training.run import load_network


def network_of_run(folder: Path) -> nn.Module:
    """The run's best network on the CPU, without a draw from torch's random numbers."""
    with torch.random.fork_rng(devices=[]):
        return load_network(folder)[0]


class Continued(Course):
    """The network of ``source`` learns on, from a teacher, too, when there is one.

    Parameters
    ----------
    source : folder of the run that it begins from
    teacher : whose answers it learns from, too
    """

    def __init__(self, source: Path, teacher: Teacher | None = None) -> None:
        self.source, self.teacher = source, teacher

    def begin(self, network: nn.Module, scene: Scene) -> nn.Module:
        """The source's network."""
        state = network_of_run(self.source).state_dict()
        narrow(network, {name: tuple(value.shape) for name, value in state.items()})
        network.load_state_dict(state)
        return network

    def resumed(self, network: nn.Module) -> None:
        """Let the teacher join."""
        if self.teacher is not None:
            self.teacher.join(network)

    def loss(self, task: Task, outputs: Any, images: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """The task's, and the teacher's terms."""
        loss = task.loss(outputs, targets)
        return loss if self.teacher is None else loss + self.teacher.terms(outputs, images)
