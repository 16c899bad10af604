"""Intervals of numbers that are no means over cases, such as areas under curves, by resampling subjects.

A resample of subjects is a weight for each case: how often its subject was drawn. Statistics are functions of
weights, many resamples at a time, so that thousands of curves cost a few array operations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.validation.settings import BootstrapSettings
from medopt.validation.statistics import BLOCK, FEWEST_SUBJECTS, Interval, interval_ends, too_few

Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""(samples, cases) weights → (samples, numbers); NaN where a number is not defined for the weights."""

FEWEST_DEFINED = 0.9
"""Share of resamples in which a number must be defined; else its interval would be one of the easy resamples only."""


@dataclass(frozen=True, eq=False)
class Resampled:
    """Numbers of a sample and of its resamples.

    Parameters
    ----------
    estimate : (numbers,) of all cases
    replicates : (samples, numbers)
    influence : (subjects, numbers) by how much each falls when a subject is left out; 0 where that is not defined
    """

    estimate: NDArray[np.float64]
    replicates: NDArray[np.float64]
    influence: NDArray[np.float64]

    def minus(self, other: Resampled) -> Resampled:
        """The difference to the numbers of other subjects, resampled on their own as often."""
        return Resampled(
            self.estimate - other.estimate,
            self.replicates - other.replicates,
            np.concatenate([self.influence, -other.influence]),
        )


def resample(
    statistic: Statistic, subjects: Sequence[str], settings: BootstrapSettings | None = None, *, width: int = 0
) -> Resampled:
    """The numbers of ``statistic`` for all cases and for resamples of subjects, each with all its cases.

    Parameters
    ----------
    subjects : of each case, (cases,), at least one
    settings : samples and seed; the same seed and cases give the same numbers
    width : numbers that the statistic holds for a sample, when more than there are cases
    """
    settings = settings or BootstrapSettings()
    names, owner = np.unique(np.asarray(subjects, str), return_inverse=True)
    estimate = statistic(np.ones((1, len(owner))))[0]
    step = max(1, BLOCK // max(width, len(owner)))
    random = np.random.default_rng([settings.seed, 3])
    share = np.full(len(names), 1 / len(names))
    replicates = [
        statistic(random.multinomial(len(names), share, size).astype(float)[:, owner])
        for size in _blocks(settings.samples, step)
    ]
    without = []
    for first, size in _starts(len(names), step):
        weights = np.ones((size, len(names)))
        weights[np.arange(size), first + np.arange(size)] = 0
        without.append(statistic(weights[:, owner]))
    influence = estimate - np.concatenate(without)
    return Resampled(estimate, np.concatenate(replicates), np.where(np.isfinite(influence), influence, 0.0))


def intervals(
    sample: Resampled, n: Sequence[int], n_subjects: Sequence[int], settings: BootstrapSettings | None = None
) -> list[Interval]:
    """The interval of each number; refused below five subjects and where the number is undefined in many resamples.

    ``n`` and ``n_subjects`` tell how many cases and subjects enter each number.
    """
    settings = settings or BootstrapSettings()
    found = []
    for index, (cases, people) in enumerate(zip(n, n_subjects, strict=True)):
        estimate = float(sample.estimate[index])
        replicates = sample.replicates[:, index]
        defined = replicates[np.isfinite(replicates)]
        if not np.isfinite(estimate):
            found.append(Interval(None, None, None, cases, people, "not defined for these cases"))
        elif people < FEWEST_SUBJECTS:
            found.append(Interval(estimate, None, None, cases, people, too_few(people)))
        elif len(defined) < FEWEST_DEFINED * len(replicates):
            share = f"{100 * len(defined) / len(replicates):.0f} % of resamples"
            found.append(Interval(estimate, None, None, cases, people, f"the number is defined in {share} only"))
        else:
            low, high = interval_ends(estimate, defined, sample.influence[:, index], people, settings)
            found.append(Interval(estimate, low, high, cases, people))
    return found


def _blocks(total: int, step: int) -> Iterator[int]:
    for _, size in _starts(total, step):
        yield size


def _starts(total: int, step: int) -> Iterator[tuple[int, int]]:
    for first in range(0, total, step):
        yield first, min(step, total - first)
