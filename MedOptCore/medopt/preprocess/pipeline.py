"""The steps of a recipe, applied to images and labels: one path for preview, training and inference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medopt.errors import MedOptError
from medopt.image import Geometry, Image, LabelMap
from medopt.preprocess.labels import resample_label
from medopt.preprocess.registry import PreprocessSettings
from medopt.preprocess.step import Step


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

    def image(self, image: Image) -> Image:
        """The prepared image, float32; the given one is left as it is.

        The way back needs nothing but the two grids: ``restore_label(scores, prepared.geometry, image.geometry)``.
        Raises MedOptError for an image without channels or with another number of them than the recipe says, for
        voxels that are not finite numbers, and for what a step refuses.
        """
        if image.channels == 0:
            raise MedOptError("the image is empty", expected="at least one channel", found="none")
        if self.channels is not None and image.channels != self.channels:
            raise MedOptError(
                "the image has another number of channels than the recipe",
                expected=str(self.channels),
                found=str(image.channels),
                remedy="Choose images of the kind that the recipe was made for",
            )
        with np.errstate(over="ignore"):  # too large for float32 becomes infinite and is refused below
            array = image.array.astype(np.float32, order="C", copy=True)
        self._check_finite(array)
        prepared = Image(array, image.geometry)
        for step in self.steps:
            prepared = step.apply(prepared)
        return Image(np.ascontiguousarray(prepared.array, np.float32), prepared.geometry)

    def label(self, label: LabelMap, like: Geometry) -> LabelMap:
        """The label map on ``like``, the grid of the prepared image: in one go from the original grid.

        Exact where the grids differ by whole voxels; otherwise linear interpolation of each class, largest wins.
        """
        return resample_label(label, like)

    @staticmethod
    def _check_finite(array: np.ndarray) -> None:
        wrong = sum(int(np.count_nonzero(~np.isfinite(channel))) for channel in array)
        if wrong:
            raise MedOptError(
                "the image holds voxels that are not finite numbers (NaN or infinity, or too large for 32 bit)",
                expected="finite values",
                found=f"{wrong} of {array.size} voxels",
                remedy="Replace them, or leave this case out",
            )
