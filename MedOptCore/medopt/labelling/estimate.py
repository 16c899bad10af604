"""A mean over cases with its interval, by resampling subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST_SUBJECTS = 5
"""Below, there is no interval: resamples of so few subjects tell too little."""
SAMPLES = 2000
"""Resamples."""


@dataclass(frozen=True)
class Estimate:
    """A mean over ``n`` cases and its 95 % interval, None below FEWEST_SUBJECTS subjects."""

    mean: float
    low: float | None
    high: float | None
    n: int

    def times(self, factor: float) -> Estimate:
        """In another unit, such as per cent; ``factor`` is above 0."""
        low, high = (None if value is None else value * factor for value in (self.low, self.high))
        return Estimate(self.mean * factor, low, high, self.n)

    def text(self, digits: int = 3) -> str:
        """ "0.874 [0.861, 0.885]"."""
        text = f"{self.mean:.{digits}f}"
        return (
            text if self.low is None or self.high is None else f"{text} [{self.low:.{digits}f}, {self.high:.{digits}f}]"
        )


def estimate_mean(values: Sequence[float], subjects: Sequence[str], *, seed: int = 1) -> Estimate | None:
    """The mean of ``values`` with the percentile interval of `SAMPLES` resamples of subjects; None of nothing.

    ``subjects`` has the subject of each value; a subject is drawn with all its cases. The same seed gives the same.
    """
    numbers = np.asarray(values, float)
    if not numbers.size:
        return None
    means = resampled_means(numbers, subjects, seed)
    low, high = (None, None) if means is None else (float(v) for v in np.percentile(means, [2.5, 97.5]))
    return Estimate(float(numbers.mean()), low, high, int(numbers.size))


def estimate_difference(
    values: Sequence[float], subjects: Sequence[str], others: Sequence[float], other_subjects: Sequence[str]
) -> Estimate | None:
    """The mean of ``values`` minus that of ``others``, groups of cases that were drawn apart; None where one is empty.

    ``n`` counts both.
    """
    one, two = np.asarray(values, float), np.asarray(others, float)
    if not one.size or not two.size:
        return None
    first, second = resampled_means(one, subjects, 1), resampled_means(two, other_subjects, 2)
    difference = float(one.mean() - two.mean())
    if first is None or second is None:
        return Estimate(difference, None, None, one.size + two.size)
    low, high = np.percentile(first - second, [2.5, 97.5])
    return Estimate(difference, float(low), float(high), one.size + two.size)


def resampled_means(values: NDArray[np.float64], subjects: Sequence[str], seed: int) -> NDArray[np.float64] | None:
    """(SAMPLES,) means over resamples of subjects; None below FEWEST_SUBJECTS of them."""
    names, owner = np.unique(np.asarray(subjects, str), return_inverse=True)
    if len(names) < FEWEST_SUBJECTS:
        return None
    sums = np.bincount(owner, values)
    counts = np.bincount(owner)
    drawn = np.random.default_rng([seed, 7]).multinomial(len(names), np.full(len(names), 1 / len(names)), SAMPLES)
    return np.asarray((drawn @ sums) / (drawn @ counts), np.float64)
