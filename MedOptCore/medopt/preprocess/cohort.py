"""Intensities of the training cases taken together, for steps that use one scale for all images."""

from __future__ import annotations

from abc import abstractmethod

from pydantic import Field, model_validator
from typing_extensions import Self

from medopt.errors import MedOptError
from medopt.preprocess.step import IntensityStep
from medopt.settings import Settings

NO_COHORT = "Train with this recipe: the statistics are taken from the training cases and stand in the run's recipe"


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


class CohortStep(IntensityStep):
    """A step that can take its numbers from the training cases; until it has them, it refuses to work."""

    cohort: tuple[CohortStatistics, ...] | None = Field(
        default=None, description="statistics of each channel of the training cases; filled in when a training starts"
    )

    @property
    @abstractmethod
    def by_cohort(self) -> bool:
        """Whether the settings ask for the statistics of the training cases."""

    @property
    @abstractmethod
    def cohort_percentiles(self) -> tuple[float, float]:
        """The percentiles that are asked of the training cases, in %."""

    @model_validator(mode="after")
    def _cohort_is_used(self) -> Self:
        if self.cohort is not None and not self.by_cohort:
            raise ValueError("'cohort' is given, but the step does not ask for the statistics of the training cases")
        return self

    @property
    def lacks_cohort(self) -> bool:
        """Whether the statistics are asked for and not there yet."""
        return self.by_cohort and self.cohort is None

    def with_cohort(self, statistics: tuple[CohortStatistics, ...]) -> Self:
        """The step with the statistics of each channel of the training cases, as they are before this step."""
        return self.model_copy(update={"cohort": statistics})

    def of_cohort(self, channel: int) -> CohortStatistics:
        """The statistics of one channel; MedOptError when they are not there."""
        if self.cohort is None:
            raise MedOptError(f"the step '{self.step}' has no statistics of the training cases yet", remedy=NO_COHORT)
        if channel >= len(self.cohort):
            raise MedOptError(
                f"the step '{self.step}' has statistics of other channels",
                expected=f"{channel + 1} channels or more",
                found=str(len(self.cohort)),
                remedy=NO_COHORT,
            )
        return self.cohort[channel]
