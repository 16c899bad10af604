"""What else happens in a training beside what its recipe says: how a compression takes part in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from medopt.events import Reporter
from medopt.project import Project
from medopt.tasks import Task
from medopt.training.cache import PreparedCase
from medopt.training.optimisation import MovingAverage
from medopt.training.recipe import Recipe


@dataclass(frozen=True)
class Scene:
    """What a course may look at when a training begins.

    Parameters
    ----------
    project, recipe, task : of the training; the recipe with the statistics that its steps ask for
    labelled : prepared cases of the training part
    reporter : whom to tell
    """

    project: Project
    recipe: Recipe
    task: Task
    labelled: tuple[PreparedCase, ...]
    reporter: Reporter


class Course:
    """A plain training. Subclasses do more; all that they need after a kill must follow from what is on disk."""

    def begin(self, network: nn.Module, scene: Scene) -> nn.Module:
        """The network to train, from the fresh one of the recipe; the same layers and shapes each time it is asked."""
        return network

    def unlabelled(self, scene: Scene) -> list[PreparedCase]:
        """Cases beside those of the training part, with targets that nobody judged."""
        return []

    def resumed(self, network: nn.Module) -> None:
        """Called before the first step, with the weights that it begins or goes on from, on their device."""

    def loss(self, task: Task, outputs: Any, images: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """Of the network's ``outputs`` for ``images`` (batch, channel, *space)."""
        return task.loss(outputs, targets)

    def stepped(self, network: nn.Module, average: MovingAverage, share: float) -> None:
        """Called after each update of the weights and of their average; ``share`` of the training has passed now."""

    def ready(self, share: float) -> bool:
        """Whether weights of now may be the best; once it is True, it stays so to the end."""
        return True
