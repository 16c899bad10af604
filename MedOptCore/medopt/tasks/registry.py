"""The tasks that a project can name, and what a task must answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from medopt.errors import MedOptError
from medopt.image import LabelMap
from medopt.project import ClassInfo
from medopt.tasks.segmentation import SegmentationTask


class Task(Protocol):
    """What the training loop asks of a task."""

    @property
    def outputs(self) -> int:
        """Output channels that the network needs."""
        ...

    @property
    def key(self) -> tuple[int, ...]:
        """What, beside the label itself, decides how it is encoded."""
        ...

    def encode(self, label: LabelMap) -> NDArray[np.uint8]:
        """The target of a case as the cache keeps it, on the label's grid."""
        ...

    def loss(self, outputs: Tensor | list[Tensor], target: Tensor) -> Tensor:
        """A scalar to minimise."""
        ...

    def score(self, outputs: NDArray[np.float32], target: NDArray[np.uint8]) -> dict[str, float]:
        """Quality of one case by structure, higher is better, for choosing the best checkpoint."""
        ...


TASKS: Mapping[str, Callable[[Sequence[ClassInfo]], Task]] = {"segmentation": SegmentationTask}
"""Name in project.yaml → task of the project's classes."""


def build_task(name: str, classes: Sequence[ClassInfo]) -> Task:
    """The task called ``name``; raises MedOptError when it cannot be trained yet."""
    if name not in TASKS:
        raise MedOptError("this task cannot be trained", expected=" or ".join(TASKS), found=name)
    return TASKS[name](classes)
