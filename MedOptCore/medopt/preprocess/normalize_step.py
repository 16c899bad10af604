"""Bring the intensities of every image to one scale."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from medopt.image import Geometry
from medopt.preprocess.step import IntensityStep

Percent = Annotated[float, Field(ge=0, le=100)]


class Normalize(IntensityStep):
    """Linear rescaling of each channel by its own statistics.

    ``zscore`` gives mean 0 and standard deviation 1; ``0..1`` and ``-1..1`` take the smallest and largest value to the
    ends of that range; ``percentile`` takes the two percentiles of ``clip`` to 0 and 1 and keeps the tails beyond
    them. The first three clip to the percentiles first, which makes them robust against a few extreme voxels.
    The statistics come from ``region`` and the outcome is for all voxels. A constant channel becomes 0 everywhere.
    """

    step: Literal["normalize"] = "normalize"
    method: Literal["zscore", "0..1", "-1..1", "percentile"] = Field(default="zscore", description="the scale")
    region: Literal["image", "above_mean", "non_zero"] = Field(
        default="image",
        description="voxels that give the statistics: all, those above the mean, or those that are not 0",
    )
    clip: tuple[Percent, Percent] | None = Field(
        default=(0.5, 99.5), description="lower and upper percentile, in %; none to clip nothing"
    )

    @field_validator("clip")
    @classmethod
    def _ordered(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and value[0] >= value[1]:
            raise ValueError("the lower percentile must lie below the upper one")
        return value

    def apply_channel(self, values: NDArray[np.float32], grid: Geometry) -> NDArray[np.float32]:
        """Rescaled values of one channel, in place."""
        region = self._region(values)
        low, high = (float(v) for v in np.percentile(region, self.clip or (0, 100)))
        if self.method == "percentile":
            return _rescale(values, low, high - low)
        if self.clip is not None:
            np.clip(values, low, high, out=values)
            region = np.clip(region, low, high)
        if self.method == "zscore":
            return _rescale(values, float(region.mean(dtype=np.float64)), float(region.std(dtype=np.float64)))
        _rescale(values, low, high - low)
        if self.method == "-1..1" and high > low:
            values *= 2
            values -= 1
        return values

    def _region(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.region == "image":
            return values
        mask = values != 0 if self.region == "non_zero" else values > values.mean(dtype=np.float64)
        return values[mask] if mask.any() else values


def _rescale(values: NDArray[np.float32], offset: float, scale: float) -> NDArray[np.float32]:
    """``(values - offset) / scale`` in place; 0 everywhere when the scale is nothing beside the values."""
    if scale <= 1e-6 * max(abs(offset), 1e-30):
        values[...] = 0
        return values
    values -= np.float32(offset)
    values /= np.float32(scale)
    return values
