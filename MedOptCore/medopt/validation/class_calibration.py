"""How often a class is there when the model gives it so and so much: the points of a reliability diagram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from medopt.metrics import reliability, wilson_interval
from medopt.metrics.calibration import BINS, bin_of
from medopt.validation.interval import FEWEST_SUBJECTS, Interval, too_few
from medopt.validation.resampling import intervals, resample
from medopt.validation.settings import BootstrapSettings
from medopt.validation.weighted_calibration import weighted_shares


@dataclass(frozen=True)
class ReliabilityPoint:
    """The cases of one bin of probabilities.

    Parameters
    ----------
    low, high : edges of the bin; a probability at an inner edge belongs to the bin below
    given : mean probability of its cases; None in an empty bin
    true : how often the class is there, with its interval
    voxels : of a segmentation, in this bin; None where cases are counted
    """

    low: float
    high: float
    given: float | None
    true: Interval
    voxels: int | None = None

    @property
    def size(self) -> int:
        """What the bin holds, cases or voxels."""
        return self.true.n if self.voxels is None else self.voxels


def reliability_points(
    truth: ArrayLike,
    probabilities: ArrayLike,
    subjects: Sequence[str],
    settings: BootstrapSettings | None = None,
    *,
    bins: int = BINS,
) -> tuple[ReliabilityPoint, ...]:
    """A point a bin of equal width, from 0 to 1.

    Parameters
    ----------
    truth : (cases,) bool, whether a case shows the class
    probabilities : (cases,) 0 to 1, of its doing so
    subjects : the subject of each case

    Intervals are Wilson's where every subject has one case, else bootstrap intervals over subjects; refused, with the
    reason, below five subjects in a bin. No cases give empty bins. Raises MedOptError as ``reliability`` does.
    """
    settings = settings or BootstrapSettings()
    sure, whose = np.asarray(probabilities, float), np.asarray(subjects, str)
    table = reliability(truth, sure, bins=bins)
    place = bin_of(sure, table.edges)
    people = [len(np.unique(whose[place == b])) for b in range(bins)]
    number = [int(n) for n in table.number]
    if not len(sure):
        found = [Interval(None, None, None, 0, 0, "no case")] * bins
    elif len(np.unique(whose)) == len(whose):
        hits = [int(t) for t in table.true]
        found = [_wilson(hit, n, settings.level) for hit, n in zip(hits, number, strict=True)]
    else:
        sample = resample(lambda w: weighted_shares(w, truth, sure, bins=bins), list(whose), settings, stream=(6,))
        found = intervals(sample, number, people, settings)
    given = [float(p) if n else None for p, n in zip(table.mean_given, number, strict=True)]
    edges = table.edges.tolist()
    return tuple(ReliabilityPoint(*row) for row in zip(edges[:-1], edges[1:], given, found, strict=True))


def points_from_json(values: Sequence[Mapping[str, Any]]) -> tuple[ReliabilityPoint, ...]:
    """Points from plain data; KeyError, TypeError or ValueError when it is damaged."""
    return tuple(
        ReliabilityPoint(
            float(value["low"]),
            float(value["high"]),
            None if value["given"] is None else float(value["given"]),
            Interval(**value["true"]),
            None if value.get("voxels") is None else int(value["voxels"]),
        )
        for value in values
    )


def _wilson(hits: int, n: int, level: float) -> Interval:
    """Of a share of independent cases."""
    ends = wilson_interval(hits, n, level)
    if ends is None:
        return Interval(None, None, None, 0, 0, "no case")
    if n < FEWEST_SUBJECTS:
        return Interval(hits / n, None, None, n, n, too_few(n))
    return Interval(hits / n, *ends, n, n)
