"""Means and medians over cases with a bootstrap interval that resamples subjects.

The interval is that of ``medopt.validation.interval``: BCa, widened for small samples. A median has no acceleration:
the jackknife fails for it (Efron & Tibshirani, An Introduction to the Bootstrap (1993), 10.6).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medopt.errors import MedOptError
from medopt.validation.interval import FEWEST_SUBJECTS, Interval, too_few
from medopt.validation.resampling import Resampled, Statistic, intervals, resample
from medopt.validation.settings import BootstrapSettings

__all__ = [
    "FEWEST_SUBJECTS",
    "Interval",
    "bootstrap_difference",
    "bootstrap_mean",
    "bootstrap_median",
    "resampled_mean",
    "too_few",
]


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
    cases, people, _ = _checked(values, subjects)
    if not len(people):
        return Interval(None, None, None, 0, 0, "no case")
    return _interval(resampled_mean(values, subjects, settings), len(cases), len(set(people)), settings)


def bootstrap_median(values: ArrayLike, subjects: Sequence[str], settings: BootstrapSettings | None = None) -> Interval:
    """The median over cases with its interval; arguments, refusals and errors as in ``bootstrap_mean``."""
    cases, people, _ = _checked(values, subjects)
    if not len(people):
        return Interval(None, None, None, 0, 0, "no case")
    sample = resample(_median_of(cases), list(people), settings, stream=(4,))
    still = Resampled(sample.estimate, sample.replicates, np.zeros_like(sample.influence))
    return _interval(still, len(cases), len(set(people)), settings)


def bootstrap_difference(
    first: tuple[ArrayLike, Sequence[str]],
    second: tuple[ArrayLike, Sequence[str]],
    settings: BootstrapSettings | None = None,
) -> Interval:
    """The mean of ``first`` minus that of ``second`` for unpaired groups of subjects, with its interval.

    Each group is (values, subjects) as in ``bootstrap_mean``; both are resampled on their own. ``n`` and
    ``n_subjects`` are those of the smaller group, which also sets the small-sample widening. Refused as there.
    """
    sizes = [(len(cases), len(set(people))) for cases, people, _ in (_checked(*first), _checked(*second))]
    n, number = min(size[0] for size in sizes), min(size[1] for size in sizes)
    if not number:
        return Interval(None, None, None, 0, 0, "no case")
    one, other = resampled_mean(*first, settings, stream=(1,)), resampled_mean(*second, settings, stream=(2,))
    return _interval(one.minus(other), n, number, settings)


def resampled_mean(
    values: ArrayLike, subjects: Sequence[str], settings: BootstrapSettings | None = None, *, stream: Sequence[int] = ()
) -> Resampled:
    """The mean over cases of resamples of subjects; for at least one case."""
    cases, people, subject = _checked(values, subjects)
    names = np.unique(people)
    # one column of sums and one of numbers of cases a subject, which is all that a mean needs
    sums = np.bincount(subject, weights=cases, minlength=len(names))
    counts = np.bincount(subject, minlength=len(names)).astype(float)
    mean = sums.sum() / counts.sum()
    apart = sums - mean * counts

    def statistic(weights: NDArray) -> NDArray:
        total = weights @ counts
        moved = np.divide(weights @ apart, total, out=np.full(len(weights), np.nan), where=total > 0)
        return np.asarray((mean + moved)[:, None])

    return resample(statistic, [str(name) for name in names], settings, stream=stream)


def _median_of(values: NDArray) -> Statistic:
    order = np.argsort(values, kind="stable")
    ranked = values[order]

    def statistic(weights: NDArray) -> NDArray:
        reached = np.cumsum(weights[:, order], axis=1)
        half = reached[:, -1:] / 2
        # the middle value, or the mean of the two in the middle; also for weights with gaps
        lower, upper = (reached < half).sum(axis=1), (reached <= half).sum(axis=1)
        last = len(ranked) - 1
        return np.asarray((ranked[np.minimum(lower, last)] + ranked[np.minimum(upper, last)])[:, None] / 2)

    return statistic


def _interval(sample: Resampled, n: int, subjects: int, settings: BootstrapSettings | None) -> Interval:
    return intervals(sample, [n], [subjects], settings)[0]


def _checked(values: ArrayLike, subjects: Sequence[str]) -> tuple[NDArray[np.float64], NDArray, NDArray]:
    """Values and their subjects in an order of their own, so that not even rounding depends on that of the cases, and
    the place of each one's subject among the names."""
    array, people = np.asarray(values, float), np.asarray(subjects, str)
    if array.ndim != 1 or len(array) != len(people):
        raise MedOptError(
            "values and subjects do not fit",
            expected="one subject a value",
            found=f"values of shape {array.shape} and {len(people)} subjects",
        )
    if not np.isfinite(array).all():
        raise MedOptError("a value is not a number", found=f"{int((~np.isfinite(array)).sum())} of {len(array)}")
    order = np.lexsort((array, people))
    array, people = array[order], people[order]
    return array, people, np.unique(people, return_inverse=True)[1]
