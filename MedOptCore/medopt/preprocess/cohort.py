"""Intensities of the training cases taken together, for steps that use one scale for all images."""

from __future__ import annotations

from pydantic import Field, model_validator

from medopt.settings import Settings


class CohortStatistics(Settings):
    """One channel of the training cases; every case counts equally, in the unit that the images have at that step."""

    low: float = Field(description="lower percentile")
    high: float = Field(description="upper percentile")
    mean: float = Field(description="mean of the values held between the two percentiles")
    deviation: float = Field(ge=0, description="standard deviation of the values held between the two percentiles")

    @model_validator(mode="after")
    def _ordered(self) -> CohortStatistics:
        if self.low > self.high:
            raise ValueError("the lower percentile must not lie above the upper one")
        return self
