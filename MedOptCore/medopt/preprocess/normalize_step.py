"""Bring the intensities of every image to one scale."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from medopt.preprocess.cohort import CohortStatistics, CohortStep
from medopt.preprocess.distribution import Region, distribution
from medopt.preprocess.scaling import rescale, then
from medopt.preprocess.source import Rule, Source

Percent = Annotated[float, Field(ge=0, le=100)]


class Normalize(CohortStep):
    """Linear rescaling of each channel.

    ``zscore`` gives mean 0 and standard deviation 1; ``0..1`` and ``-1..1`` take the smallest and largest value to the
    ends of that range; ``percentile`` takes the two percentiles of ``clip`` to 0 and 1 and keeps the tails beyond
    them. The first three clip to the percentiles first, which makes them robust against a few extreme voxels.
    The statistics come from ``region`` of each image, or from all training cases together, and the outcome is for all
    voxels. A constant channel becomes 0 everywhere.
    """

    step: Literal["normalize"] = "normalize"
    method: Literal["zscore", "0..1", "-1..1", "percentile"] = Field(default="zscore", description="the scale")
    statistics: Literal["image", "cohort"] = Field(
        default="image", description="of each 'image' by itself, or of the training cases together ('cohort')"
    )
    region: Region = Field(
        default="image",
        description="voxels that give the statistics: all, those above the mean, or those that are not 0; "
        "with 'cohort' the labelled ones of the training cases count, whatever stands here",
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

    @property
    def looks_at_all(self) -> bool:
        return self.statistics == "image"

    @property
    def pointwise(self) -> bool:
        return True

    @property
    def by_cohort(self) -> bool:
        return self.statistics == "cohort"

    @property
    def cohort_percentiles(self) -> tuple[float, float]:
        return self.clip or (0.0, 100.0)

    def limits(self, source: Source, channel: int) -> tuple[float, float] | None:
        """The values that a channel is held between; None when nothing is cut off."""
        if self.clip is None or self.method == "percentile":
            return None
        numbers = self._statistics(source, channel)
        return numbers.low, numbers.high

    def rule(self, source: Source, channel: int) -> Rule:
        numbers = self._statistics(source, channel)
        if self.method == "percentile":
            return rescale(numbers.low, numbers.high - numbers.low)
        hold = None if self.clip is None else (numbers.low, numbers.high)
        if self.method == "zscore":
            return rescale(numbers.mean, numbers.deviation, hold=hold)
        to_unit = rescale(numbers.low, numbers.high - numbers.low, hold=hold)
        return then(to_unit, _twice_minus_one) if self.method == "-1..1" and numbers.high > numbers.low else to_unit

    def _statistics(self, source: Source, channel: int) -> CohortStatistics:
        if self.statistics == "cohort":
            return self.of_cohort(channel)
        values = distribution(source, channel, self.region)
        low, high = values.percentiles(self.cohort_percentiles)
        mean, deviation = values.moments(low, high)
        return CohortStatistics(low=low, high=high, mean=mean, deviation=deviation)


def _twice_minus_one(values: NDArray[np.float32], _start: int) -> NDArray[np.float32]:
    values *= 2
    values -= 1
    return values
