"""Histogram equalization: every part of the range of values gets as many voxels as any other."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from medopt.preprocess.distribution import Region, distribution
from medopt.preprocess.histogram import Range, look_up, range_of
from medopt.preprocess.source import Rule, Source
from medopt.preprocess.step import IntensityStep


class Equalize(IntensityStep):
    """Values within ``range`` are mapped onto the same range, in order, so that their histogram becomes flat.

    Nothing is rescaled: the unit and the range stay, and values outside ``range`` are left as they are.
    """

    step: Literal["equalize"] = "equalize"
    range: Range | None = Field(
        default=None, description="lowest and highest value, in the unit of the image; its own when left out"
    )
    bins: int = Field(default=1024, ge=2, le=65536, description="bins of the histogram; between them it is linear")
    region: Region = Field(
        default="image", description="voxels that are counted: all, those above the mean, or those that are not 0"
    )

    @property
    def looks_at_all(self) -> bool:
        return True

    @property
    def pointwise(self) -> bool:
        return True

    @property
    def keeps_scale(self) -> bool:
        return True

    def rule(self, source: Source, channel: int) -> Rule:
        low, high = range_of(self.range, source, channel)
        counts = distribution(source, channel, self.region).histogram(self.bins, low, high)
        if high <= low or counts.sum() == 0:
            return lambda values, _start: values
        table = low + (high - low) * np.concatenate([[0.0], np.cumsum(counts) / counts.sum()])
        return look_up(table, low, high)
