"""How much labelling is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medopt.labelling.acceptances import Acceptance
from medopt.labelling.estimate import FEWEST_SUBJECTS, resampled_means

LAST = 30
"""The forecast rests on the last so many cases: enough to be steady, few enough to follow the rounds."""
FEWEST = 5
"""Cases of the last two rounds that are enough to leave earlier ones out."""
CAPPED = 0.1
"""Share of the times at either end that are set to the nearest one within: a break for lunch is no labelling time."""


@dataclass(frozen=True)
class Forecast:
    """Hours of labelling that are left, as the last cases went.

    Parameters
    ----------
    cases : that have no label yet
    seconds : a case
    hours : in all
    low, high : 95 % interval of ``hours``; None when it rests on too few subjects
    n : cases that it rests on
    """

    cases: int
    seconds: float
    hours: float
    low: float | None
    high: float | None
    n: int


def forecast_effort(acceptances: Sequence[Acceptance], cases_left: int, *, seed: int = 1) -> Forecast | None:
    """The cases left times the robust mean of the times of the last cases; None when none was timed.

    The last cases are the `LAST` latest timed ones of the last two rounds, or of all when these have fewer than
    `FEWEST`: cases that were labelled from nothing, or with the proposals of long ago, took longer.

    The mean is winsorized: the tenth part of the times at either end is set to the nearest one within (Dixon 1960).
    The interval takes both kinds of chance in: that of the mean, by resampling subjects, and that of the cases left,
    whose times vary as those measured do. Blind cases count only where no others were timed.
    """
    timed = [one for one in acceptances if one.seconds is not None]
    timed = [one for one in timed if not one.blind] or timed
    newest = max((one.round for one in timed), default=0)
    recent = [one for one in timed if one.round >= max(1, newest - 1)]
    last = sorted(recent if len(recent) >= FEWEST else timed, key=lambda one: (one.time, one.case))[-LAST:]
    if not last:
        return None
    seconds = winsorized(np.array([one.seconds for one in last], float))
    subjects = [one.subject for one in last]
    mean = float(seconds.mean())
    hours = mean * cases_left / 3600
    means = resampled_means(seconds, subjects, seed)
    if means is None or len(set(subjects)) < FEWEST_SUBJECTS:
        return Forecast(cases_left, mean, hours, None, None, len(last))
    spread = float(seconds.std(ddof=1)) * np.sqrt(cases_left)  # of the sum of the cases left
    sums = means * cases_left + np.random.default_rng([seed, 8]).normal(0, spread, len(means))
    low, high = np.maximum(0, np.percentile(sums, [2.5, 97.5])) / 3600
    return Forecast(cases_left, mean, hours, float(low), float(high), len(last))


def winsorized(values: np.ndarray) -> np.ndarray:
    """``values`` (n,) with the share `CAPPED` at either end, rounded down, set to the nearest value within."""
    order = np.sort(values)
    cut = int(CAPPED * len(order) + 1e-9)
    return np.clip(values, order[cut], order[len(order) - 1 - cut])
