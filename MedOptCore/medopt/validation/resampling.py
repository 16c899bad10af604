"""Intervals of any numbers by resampling subjects: means, medians, areas under curves, rates.

A resample of subjects is a weight for each case: how often its subject was drawn. Cases of one subject resemble each
other, so subjects are drawn, with replacement and with all their cases. Statistics are functions of weights, many
resamples at a time, so that thousands of curves cost a few array operations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.validation.interval import FEWEST_SUBJECTS, Interval, interval_ends, too_few, two_sided_p
from medopt.validation.settings import BootstrapSettings

Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""(samples, cases) weights → (samples, numbers); NaN where a number is not defined for the weights."""

BLOCK = 2_000_000
"""Numbers that a resampling holds in memory at a time."""

FEWEST_DEFINED = 0.9
"""Share of resamples in which a number must be defined; else its interval would be one of the easy resamples only."""

CURVES = 3
"""Marks the random stream of resampled curves; means have streams of their own."""


@dataclass(frozen=True, eq=False)
class Resampled:
    """Numbers of a sample and of its resamples.

    Parameters
    ----------
    estimate : (numbers,) of all cases
    replicates : (samples, numbers)
    influence : (subjects, numbers) by how much each falls when a subject is left out; 0 where that is not defined
    difference : whether they are differences between two groups, which always take percentile intervals: these hold
        the truth at least as often as BCa ones (``Testing/Benchmarks/coverage.py``)
    """

    estimate: NDArray[np.float64]
    replicates: NDArray[np.float64]
    influence: NDArray[np.float64]
    difference: bool = False

    def minus(self, other: Resampled) -> Resampled:
        """The difference to the numbers of other subjects, resampled on their own as often."""
        return Resampled(
            self.estimate - other.estimate,
            self.replicates - other.replicates,
            np.concatenate([self.influence, -other.influence]),
            difference=True,
        )

    @property
    def defined(self) -> NDArray[np.float64]:
        """(numbers,) share of the resamples in which each is defined."""
        return np.asarray(np.isfinite(self.replicates).mean(axis=0))

    def p_values(self, n_subjects: Sequence[int], settings: BootstrapSettings | None = None) -> list[float | None]:
        """Of each number that should be 0, two-sided; None where it has no interval (see ``intervals``).

        It is below 0.05 exactly when the 95 % interval leaves out 0; see ``medopt.validation.interval.two_sided_p``.
        """
        usable = _usable(self, n_subjects)
        found: list[float | None] = [None] * len(usable)
        if usable.any():
            some = self._only(usable)
            people = np.asarray(n_subjects)[usable]
            p = two_sided_p(some.estimate, some.replicates, some.influence, people, self._settings(settings))
            for place, value in zip(np.flatnonzero(usable), p, strict=True):
                found[place] = float(value)
        return found

    def _settings(self, settings: BootstrapSettings | None) -> BootstrapSettings:
        chosen = settings or BootstrapSettings()
        return chosen.model_copy(update={"method": "percentile"}) if self.difference else chosen

    def _only(self, chosen: NDArray[np.bool_]) -> Resampled:
        some = self.estimate[chosen], self.replicates[:, chosen], self.influence[:, chosen]
        return Resampled(*some, self.difference)


def draw_subjects(subjects: int, samples: int, random: np.random.Generator) -> NDArray[np.float64]:
    """(samples, subjects) how often each subject is drawn when as many are drawn with replacement as there are."""
    drawn = random.integers(0, subjects, (samples, subjects))
    drawn += subjects * np.arange(samples)[:, None]
    return np.bincount(drawn.ravel(), minlength=samples * subjects).reshape(samples, subjects).astype(float)


def resample(
    statistic: Statistic,
    subjects: Sequence[str],
    settings: BootstrapSettings | None = None,
    *,
    width: int = 0,
    stream: Sequence[int] = (CURVES,),
) -> Resampled:
    """The numbers of ``statistic`` for all cases and for resamples of subjects, each with all its cases.

    Parameters
    ----------
    subjects : of each case, (cases,), at least one
    settings : samples and seed; the same seed and cases give the same numbers
    width : numbers that the statistic holds for a sample, when more than there are cases
    stream : sets random draws of one seed apart
    """
    settings = settings or BootstrapSettings()
    names, owner = np.unique(np.asarray(subjects, str), return_inverse=True)
    estimate = statistic(np.ones((1, len(owner))))[0]
    step = max(1, BLOCK // max(width, len(owner)))
    random = np.random.default_rng([settings.seed, *stream])
    replicates = [
        statistic(draw_subjects(len(names), size, random)[:, owner]) for _, size in _blocks(settings.samples, step)
    ]
    without = []
    for first, size in _blocks(len(names), step):
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
    settings = sample._settings(settings)
    usable = _usable(sample, n_subjects)
    ends = np.full((2, len(usable)), np.nan)
    if usable.any():
        some = sample._only(usable)
        people = np.asarray(n_subjects)[usable]
        ends[:, usable] = interval_ends(some.estimate, some.replicates, some.influence, people, settings)
    found = []
    for index, (cases, people_of, share) in enumerate(zip(n, n_subjects, sample.defined, strict=True)):
        estimate = float(sample.estimate[index])
        if not np.isfinite(estimate):
            found.append(Interval(None, None, None, cases, people_of, "not defined for these cases"))
        elif people_of < FEWEST_SUBJECTS:
            found.append(Interval(estimate, None, None, cases, people_of, too_few(people_of)))
        elif share < FEWEST_DEFINED:
            why = f"the number is defined in {100 * share:.0f} % of resamples only"
            found.append(Interval(estimate, None, None, cases, people_of, why))
        else:
            found.append(Interval(estimate, float(ends[0, index]), float(ends[1, index]), cases, people_of))
    return found


def _usable(sample: Resampled, n_subjects: Sequence[int]) -> NDArray[np.bool_]:
    enough = np.asarray(n_subjects) >= FEWEST_SUBJECTS
    return np.asarray(np.isfinite(sample.estimate) & enough & (sample.defined >= FEWEST_DEFINED))


def _blocks(total: int, step: int) -> Iterator[tuple[int, int]]:
    """(first, size) of blocks of at most ``step``."""
    for first in range(0, total, step):
        yield first, min(step, total - first)
