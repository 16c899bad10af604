"""Means over cases with a bootstrap interval that resamples subjects.

Cases of one subject resemble each other, so subjects are drawn, with replacement and with all their cases. The
interval is BCa (Efron, "Better bootstrap confidence intervals", J Am Stat Assoc 1987;82:171-185) or the plain
percentile interval. Bootstrap intervals are too narrow for few subjects, because the spread of a sample is a little
too small and its tails are normal; ``small_sample`` widens the tail probabilities to what a t distribution with the
unbiased spread would need (Hesterberg, "What teachers should know about the bootstrap", Am Stat 2015;69:371-386).
``Testing/Benchmarks/intervals.py`` simulates how often each of them holds the truth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri, stdtrit

from medopt.errors import MedOptError
from medopt.validation.settings import BootstrapSettings

FEWEST_SUBJECTS = 5
"""With fewer subjects than this an interval is refused: resampling 4 subjects has but 35 distinct outcomes."""

BLOCK = 2_000_000
"""Numbers that a resampling holds in memory at a time."""


@dataclass(frozen=True)
class Interval:
    """A mean and where it may lie.

    Parameters
    ----------
    estimate : the mean over cases; None when there is no case
    low, high : ends of the interval; None when it is refused
    n, n_subjects : cases and subjects that entered
    refused : why there is no interval; "" when there is one
    """

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    n_subjects: int
    refused: str = ""


@dataclass(frozen=True, eq=False)
class _Sample:
    """Sums and numbers of cases of each subject, (subjects,), in the order of the subjects' names."""

    sums: NDArray[np.float64]
    counts: NDArray[np.float64]

    @classmethod
    def of(cls, values: ArrayLike, subjects: Sequence[str]) -> _Sample:
        array = np.asarray(values, float)
        if array.ndim != 1 or len(array) != len(subjects):
            raise MedOptError(
                "values and subjects do not fit",
                expected="one subject a value",
                found=f"values of shape {array.shape} and {len(subjects)} subjects",
            )
        if not np.isfinite(array).all():
            raise MedOptError("a value is not a number", found=f"{int((~np.isfinite(array)).sum())} of {len(array)}")
        names, index = np.unique(np.asarray(subjects, str), return_inverse=True)
        # sorted within each subject, so that not even rounding depends on the order of the cases
        order = np.lexsort((array, index))
        sums = np.bincount(index[order], weights=array[order], minlength=len(names))
        return cls(sums.astype(float), np.bincount(index, minlength=len(names)).astype(float))

    @property
    def mean(self) -> float:
        return float(self.sums.sum() / self.counts.sum())

    def replicates(self, samples: int, seed: Sequence[int]) -> NDArray[np.float64]:
        """(samples,) means of resampled subjects."""
        random = np.random.default_rng(seed)
        subjects = len(self.sums)
        found = np.empty(samples)
        step = max(1, BLOCK // subjects)
        for first in range(0, samples, step):
            drawn = random.integers(0, subjects, (min(step, samples - first), subjects))
            found[first : first + step] = self.sums[drawn].sum(axis=1) / self.counts[drawn].sum(axis=1)
        return found

    def influence(self) -> NDArray[np.float64]:
        """(subjects,) by how much the mean falls when a subject is left out (jackknife)."""
        return self.mean - (self.sums.sum() - self.sums) / (self.counts.sum() - self.counts)


def bootstrap_mean(values: ArrayLike, subjects: Sequence[str], settings: BootstrapSettings | None = None) -> Interval:
    """The mean over cases with its interval; the same for any order of the cases.

    Parameters
    ----------
    values : (cases,) finite numbers
    subjects : the subject of each case
    settings : method, samples, seed and level; the defaults when None

    No case gives an estimate of None, fewer than five subjects an estimate without an interval. When all values are
    equal the interval has no width. Raises MedOptError when lengths differ or a value is not finite.
    """
    settings = settings or BootstrapSettings()
    sample = _Sample.of(values, subjects)
    number = len(sample.sums)
    if not number:
        return Interval(None, None, None, 0, 0, "no case")
    n = int(sample.counts.sum())
    if number < FEWEST_SUBJECTS:
        return Interval(sample.mean, None, None, n, number, too_few(number))
    replicates = sample.replicates(settings.samples, [settings.seed])
    low, high = interval_ends(sample.mean, replicates, sample.influence(), number, settings)
    return Interval(sample.mean, low, high, n, number)


def bootstrap_difference(
    first: tuple[ArrayLike, Sequence[str]],
    second: tuple[ArrayLike, Sequence[str]],
    settings: BootstrapSettings | None = None,
) -> Interval:
    """The mean of ``first`` minus that of ``second`` for unpaired groups of subjects, with its interval.

    Each group is (values, subjects) as in ``bootstrap_mean``; both are resampled on their own. ``n`` and
    ``n_subjects`` are those of the smaller group, which also sets the small-sample widening. Refused as there.
    """
    settings = settings or BootstrapSettings()
    one, other = _Sample.of(*first), _Sample.of(*second)
    n = int(min(one.counts.sum(), other.counts.sum()))
    number = min(len(one.sums), len(other.sums))
    if not number:
        return Interval(None, None, None, 0, 0, "no case")
    estimate = one.mean - other.mean
    if number < FEWEST_SUBJECTS:
        return Interval(estimate, None, None, n, number, too_few(number))
    seed, samples = settings.seed, settings.samples
    replicates = one.replicates(samples, [seed, 1]) - other.replicates(samples, [seed, 2])
    influence = np.concatenate([one.influence(), -other.influence()])
    low, high = interval_ends(estimate, replicates, influence, number, settings)
    return Interval(estimate, low, high, n, number)


def too_few(subjects: int) -> str:
    """Why so few subjects get no interval."""
    return f"too few subjects for an interval: expected at least {FEWEST_SUBJECTS}, found {subjects}"


def interval_ends(
    estimate: float,
    replicates: NDArray[np.float64],
    influence: NDArray[np.float64],
    subjects: int,
    settings: BootstrapSettings,
) -> tuple[float, float]:
    """The ends of the interval from replicates, (samples,), and jackknife influences, (all subjects,)."""
    tail = float(ndtri((1 - settings.level) / 2))
    if settings.small_sample:
        tail = math.sqrt(subjects / (subjects - 1)) * float(stdtrit(subjects - 1, (1 - settings.level) / 2))
    normal = np.array([tail, -tail])
    spread = float((influence**2).sum())
    if settings.method == "bca" and spread > 0:
        samples = len(replicates)
        below = ((replicates < estimate).sum() + 0.5 * (replicates == estimate).sum()) / samples
        bias = float(ndtri(np.clip(below, 1 / samples, 1 - 1 / samples)))
        acceleration = float((influence**3).sum()) / (6 * spread**1.5)
        # |acceleration| is at most 1/6, so the divisor stays above zero unless the bias is absurd
        normal = bias + (bias + normal) / np.maximum(1 - acceleration * (bias + normal), 0.05)
    low, high = np.quantile(replicates, ndtr(normal))
    return float(low), float(high)
