"""All that is needed to run a model beside its weights: what goes in, what comes out, and how."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from medopt.inference.settings import InferenceSettings
from medopt.preprocess import PreprocessSettings
from medopt.project import ClassInfo
from medopt.settings import Settings

Sides = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]


class ModelDescription(Settings):
    """The contract between a network and the images it is applied to.

    The network takes float32 (batch, channel, k, j, i), or (batch, channel, j, i) when ``dims`` is 2, prepared by
    ``preprocess``, and gives logits of the same size with one channel a class, background first.
    """

    format: Literal[1] = 1
    task: Literal["segmentation"] = "segmentation"
    name: str
    dims: Literal[2, 3]
    channels: tuple[str, ...]
    """Names of the input channels, in order."""
    classes: tuple[ClassInfo, ...]
    """Output channels after background, in order."""
    preprocess: PreprocessSettings
    patch: Sides
    """Voxels (k, j, i) of the windows it was trained on."""
    divisor: Sides
    """What each side of an input (k, j, i) must be a multiple of."""
    inference: InferenceSettings

    @property
    def outputs(self) -> int:
        """Output channels, background included."""
        return len(self.classes) + 1
