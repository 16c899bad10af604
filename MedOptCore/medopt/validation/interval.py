"""Where a number may lie: ends of bootstrap intervals, and when there are none.

The interval is BCa (Efron, "Better bootstrap confidence intervals", J Am Stat Assoc 1987;82:171-185) or the plain
percentile interval. Bootstrap intervals are too narrow for few subjects, because the spread of a sample is a little
too small and its tails are normal; ``small_sample`` widens the tail probabilities to what a t distribution with the
unbiased spread would need (Hesterberg, "What teachers should know about the bootstrap", Am Stat 2015;69:371-386).
``Testing/Benchmarks/coverage.py`` simulates how often each of them holds the truth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from medopt.validation.settings import BootstrapSettings

FEWEST_SUBJECTS = 5
"""With fewer subjects than this an interval is refused: resampling 4 subjects has but 35 distinct outcomes."""

TIE = 1e-12
"""Replicates that differ from the estimate by less than this share of the largest are equal to it but for rounding."""


@dataclass(frozen=True)
class Interval:
    """A number and where it may lie.

    Parameters
    ----------
    estimate : over all cases; None when there is no case
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


def too_few(subjects: int) -> str:
    """Why so few subjects get no interval."""
    return f"too few subjects for an interval: expected at least {FEWEST_SUBJECTS}, found {subjects}"


def interval_ends(
    estimate: ArrayLike,
    replicates: NDArray[np.float64],
    influence: NDArray[np.float64],
    subjects: ArrayLike,
    settings: BootstrapSettings,
) -> NDArray[np.float64]:
    """(2, numbers) lower and upper ends, for many numbers at once.

    Parameters
    ----------
    estimate : (numbers,) of all cases
    replicates : (samples, numbers) of resamples; NaN ones are passed over, each number needs one that is not
    influence : (all subjects, numbers) by how much each falls without a subject (jackknife), which gives the
        acceleration; a number that no subject moves has none
    subjects : at least two; one number for all, or (numbers,); sets the small-sample widening
    settings : method, level, and whether to widen
    """
    center, bend = _shape(np.asarray(estimate, float), replicates, influence, settings)
    tail = np.broadcast_to(_tail(np.asarray(subjects, float), settings), center.shape)
    normal = np.stack([tail, -tail]) + center
    # |acceleration| is at most 1/6, so the divisor stays above zero unless the bias is absurd
    share = ndtr(center + normal / np.maximum(1 - bend * normal, 0.05))
    return _quantiles(replicates, np.broadcast_to(share, (2, replicates.shape[1])))


def two_sided_p(
    estimate: ArrayLike,
    replicates: NDArray[np.float64],
    influence: NDArray[np.float64],
    subjects: ArrayLike,
    settings: BootstrapSettings,
) -> NDArray[np.float64]:
    """(numbers,) the level up to which the interval of ``interval_ends`` leaves out 0; small where it lies far off.

    So ``p < 0.05`` exactly when the 95 % interval does not hold 0, but for rounding between replicates. Where no
    replicate lies beyond 0 it is an upper bound, which falls with the number of samples and, widened, with that of
    subjects; it is at least one over the samples. 1 where no replicate differs from 0. Arguments as in
    ``interval_ends``.
    """
    defined = np.isfinite(replicates).sum(axis=0)
    size = TIE * np.nanmax(np.abs(replicates), axis=0, initial=0.0)
    below, at = (replicates < -size).sum(axis=0), (np.abs(replicates) <= size).sum(axis=0)
    share = np.clip((below + 0.5 * at) / defined, 0.5 / defined, 1 - 0.5 / defined)
    center, bend = _shape(np.asarray(estimate, float), replicates, influence, settings)
    # the way of interval_ends backwards: from the share of replicates below 0 to the tail that reaches it
    reach = ndtri(share) - center
    tail = reach / np.maximum(1 + bend * reach, 0.05) - center
    people = np.asarray(subjects, float)
    half = stdtr(people - 1, tail * np.sqrt((people - 1) / people)) if settings.small_sample else ndtr(tail)
    p = np.maximum(2 * np.minimum(half, 1 - half), 1 / defined)
    return np.where(at == defined, 1.0, np.minimum(p, 1.0))


def _tail(subjects: NDArray, settings: BootstrapSettings) -> NDArray[np.float64]:
    """The normal deviate of the lower tail, below zero."""
    outside = (1 - settings.level) / 2
    if not settings.small_sample:
        return np.full(subjects.shape, ndtri(outside))
    return np.asarray(np.sqrt(subjects / (subjects - 1)) * stdtrit(subjects - 1, outside))


def _shape(
    estimate: NDArray, replicates: NDArray, influence: NDArray, settings: BootstrapSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bias and acceleration of each number; 0 for percentile intervals and where no subject moves the number."""
    spread = (influence**2).sum(axis=0)
    if settings.method != "bca":
        return np.zeros(len(spread)), np.zeros(len(spread))
    samples = np.isfinite(replicates).sum(axis=0)
    size = TIE * np.maximum(np.abs(estimate), np.nanmax(np.abs(replicates), axis=0, initial=0.0))
    below = (replicates < estimate - size).sum(axis=0) + 0.5 * (np.abs(replicates - estimate) <= size).sum(axis=0)
    bias = ndtri(np.clip(below / samples, 1 / samples, 1 - 1 / samples))
    moved = spread > 0
    bend = np.divide((influence**3).sum(axis=0), 6 * spread**1.5, out=np.zeros(len(spread)), where=moved)
    return np.where(moved, bias, 0.0), bend


def _quantiles(replicates: NDArray, shares: NDArray) -> NDArray[np.float64]:
    """(ends, numbers) quantiles with linear interpolation, of each column at shares of its own; NaN passed over."""
    ordered = np.sort(replicates, axis=0)  # NaN come last
    place = shares * (np.isfinite(replicates).sum(axis=0) - 1)
    lower = np.floor(place).astype(int)
    upper = np.ceil(place).astype(int)
    first, second = np.take_along_axis(ordered, lower, 0), np.take_along_axis(ordered, upper, 0)
    return np.asarray(first + (place - lower) * (second - first))
