"""The tasks that a project can name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medopt.errors import MedOptError
from medopt.project import ClassInfo
from medopt.tasks.classification import ClassificationTask
from medopt.tasks.detection import DetectionTask
from medopt.tasks.segmentation import SegmentationTask
from medopt.tasks.task import Task

if TYPE_CHECKING:
    from medopt.tasks.losses import LossSettings


Builder = Callable[["Facts"], Task]


@dataclass(frozen=True)
class Facts:
    """What a task is made of; see ``build_task``."""

    classes: Sequence[ClassInfo]
    multi_label: bool
    ignored: int | None
    dims: int
    stride: tuple[int, int, int]
    loss: LossSettings | None


TASKS: Mapping[str, Builder] = {
    "segmentation": lambda f: SegmentationTask(f.classes, ignored=f.ignored, loss=f.loss),
    "classification": lambda f: ClassificationTask(f.classes, multi_label=f.multi_label, loss=f.loss),
    "detection": lambda f: DetectionTask(f.classes, dims=f.dims, stride=f.stride, loss=f.loss),
}
"""Name in project.yaml → the task of a project's classes."""


def build_task(
    name: str,
    classes: Sequence[ClassInfo],
    *,
    multi_label: bool = False,
    ignored: int | None = None,
    dims: int = 3,
    stride: tuple[int, int, int] = (1, 1, 1),
    loss: LossSettings | None = None,
) -> Task:
    """The task called ``name``; raises MedOptError when there is none of that name.

    Parameters
    ----------
    classes : of the project, in its order
    multi_label : whether an image may show several classes (classification)
    ignored : label value of voxels that nobody annotated (segmentation)
    dims : 2 or 3 (detection)
    stride : voxels (k, j, i) that a cell of the network's output covers (detection)
    loss : None for the task's own default
    """
    if name not in TASKS:
        raise MedOptError("this task cannot be trained", expected=" or ".join(TASKS), found=name)
    return TASKS[name](Facts(tuple(classes), multi_label, ignored, dims, stride, loss))
