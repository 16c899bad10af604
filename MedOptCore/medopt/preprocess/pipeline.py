"""The steps of a recipe, applied to images and labels: one path for preview, training and inference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import DTypeLike

from medopt.errors import MedOptError
from medopt.image import Geometry, Image, LabelMap
from medopt.preprocess.labels import resample_label
from medopt.preprocess.registry import PreprocessSettings
from medopt.preprocess.source import ArraySource, Source, collect
from medopt.preprocess.step import Step
from medopt.preprocess.storage import smallest


class Pipeline:
    """Runs preprocessing steps in order.

    Parameters
    ----------
    steps : the steps, or the part of a recipe that holds them; none at all only turns values into float32
    channels : the number of channels that every image must have; any when left out
    """

    def __init__(self, steps: Sequence[Step] | PreprocessSettings, *, channels: int | None = None) -> None:
        self.steps: tuple[Step, ...] = tuple(steps.steps if isinstance(steps, PreprocessSettings) else steps)
        self.channels = channels

    def image(self, image: Image, *, dtype: DTypeLike | Literal["smallest"] = np.float32) -> Image:
        """The prepared image; the given one is left as it is.

        ``dtype`` is float32, or "smallest": the narrowest type that holds the outcome, see
        `medopt.preprocess.storage`; the volume is then never held in a wider one.

        The way back needs nothing but the two grids: ``restore_label(scores, prepared.geometry, image.geometry)``.
        Raises MedOptError for an image without channels or with another number of them than the recipe says, for
        voxels that are not finite numbers, and for what a step refuses.
        """
        source = self.source(image)
        return smallest(source) if isinstance(dtype, str) and dtype == "smallest" else collect(source, np.dtype(dtype))

    def source(self, image: Image) -> Source:
        """The prepared image, worked out slab by slab when it is asked for; raises as `image` does."""
        source = self.start(image)
        for step in self.steps:
            source = step.apply(source)
        return source

    def start(self, image: Image) -> Source:
        """The image before any step; raises as `image` does."""
        if self.channels is not None and 0 < image.channels != self.channels:
            colour = " (a colour picture has three)" if image.channels == 3 else ""
            raise MedOptError(
                "the image has another number of channels than the recipe",
                expected=str(self.channels),
                found=f"{image.channels}{colour}",
                remedy="Choose images of the kind that the recipe was made for",
            )
        return ArraySource(image)

    def label(self, label: LabelMap, like: Geometry) -> LabelMap:
        """The label map on ``like``, the grid of the prepared image: in one go from the original grid.

        Exact where the grids differ by whole voxels; otherwise linear interpolation of each class, largest wins.
        """
        return resample_label(label, like)
