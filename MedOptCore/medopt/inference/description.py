"""All that is needed to run a model beside its weights: what goes in, what comes out, and how."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from medopt.inference.settings import InferenceSettings
from medopt.preprocess import PreprocessSettings
from medopt.project import ClassInfo
from medopt.settings import Settings
from medopt.tasks import Task, build_task

Sides = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]


class ModelDescription(Settings):
    """The contract between a network and the images it is applied to.

    The network takes float32 (batch, channel, k, j, i), or (batch, channel, j, i) when ``dims`` is 2, prepared by
    ``preprocess``. What it gives depends on the task: segmentation, logits of the same size with one channel a class,
    background first; classification, one logit a class; detection, for each cell of ``stride`` voxels a logit a class,
    then logarithms of sizes and offsets of centres (see ``medopt.tasks.detection``).
    """

    format: Literal[1] = 1
    task: Literal["segmentation", "classification", "detection"] = "segmentation"
    name: str
    dims: Literal[2, 3]
    channels: tuple[str, ...]
    """Names of the input channels, in order."""
    classes: tuple[ClassInfo, ...]
    """In the order of the output channels; those of segmentation come after background."""
    multi_label: bool = False
    """Whether an image may show several classes (classification)."""
    stride: Sides = (1, 1, 1)
    """Voxels (k, j, i) that a cell of the network's output covers."""
    preprocess: PreprocessSettings
    patch: Sides
    """Voxels (k, j, i) of the windows it was trained on."""
    divisor: Sides
    """What each side of an input (k, j, i) must be a multiple of."""
    inference: InferenceSettings

    def build_task(self) -> Task:
        """The task that reads the network's answer."""
        return build_task(self.task, self.classes, multi_label=self.multi_label, dims=self.dims, stride=self.stride)
