"""The task and the network that a recipe names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import nn

from medopt.errors import MedOptError
from medopt.networks import build_network
from medopt.project import ClassInfo
from medopt.tasks import Task, build_task
from medopt.training.recipe import Recipe


class Labels(Protocol):
    """What project.yaml says of labels; a run's record says the same."""

    @property
    def classes(self) -> Sequence[ClassInfo]:
        """In the order of the outputs."""
        ...

    @property
    def multi_label(self) -> bool:
        """Whether an image may show several classes."""
        ...

    @property
    def ignored(self) -> int | None:
        """The label value of voxels that nobody annotated."""
        ...


def task_of(recipe: Recipe, name: str, labels: Labels) -> Task:
    """The task called ``name`` as the recipe trains it; raises MedOptError when the recipe is for another one."""
    if recipe.task != name:
        raise MedOptError(
            "the recipe is for another task",
            where="task",
            expected=f"{name}, the project's",
            found=recipe.task,
            remedy="Let MedOpt propose a recipe, or change the recipe's task",
        )
    return build_task(
        name,
        labels.classes,
        multi_label=labels.multi_label,
        ignored=labels.ignored,
        dims=recipe.training.dims,
        stride=recipe.network.output_stride,
        loss=recipe.loss,
    )


def build_for(task: Task, recipe: Recipe, channels: int) -> nn.Module:
    """A fresh network on the CPU that answers ``task``, with random weights from torch's global generator."""
    network = build_network(recipe.network, channels, task.outputs, recipe.training.dims, head=task.head)
    task.prime(network)
    return network
