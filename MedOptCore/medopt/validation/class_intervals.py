"""Which interval a figure of classes has: a closed form where one holds, and none where the bootstrap would mislead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from medopt.metrics import clustered_wilson, delong_auroc, expected_by_chance, wilson_interval
from medopt.validation.class_table import ClassTable, denominator, is_right
from medopt.validation.settings import BootstrapSettings
from medopt.validation.statistics import FEWEST_SUBJECTS, Interval
from medopt.validation.table import MEAN, Method

RATES = ("accuracy", "sensitivity", "specificity", "ppv", "npv")
"""Shares of cases, which have Wilson's interval."""

NO_BOUND = "a calibration error is never below 0, so that resamples cannot bound it; it is set beside what chance gives"
"""Why a calibration error has no interval."""

NO_SPREAD = "no resample of these subjects gives another value, which tells nothing of how far others may be from it"
"""Why a figure that no subject moves has no interval."""


def better_interval(
    table: ClassTable, structure: str, metric: str, found: Interval, settings: BootstrapSettings, exclusive: bool
) -> tuple[Interval, Method]:
    """The interval of a closed form where one holds."""
    if found.estimate is None or found.refused:
        return found, "bootstrap"
    n, people = found.n, found.n_subjects
    single = len(np.unique(table.subjects)) == len(table.subjects)
    if metric in RATES and (structure != MEAN or exclusive):
        members = denominator(table, (structure, metric))
        right = is_right(table, structure)[members]
        if single:
            ends = wilson_interval(int(right.sum()), n, settings.level)
        else:
            whose = np.unique(table.subjects[members], return_inverse=True)[1]
            ends = clustered_wilson(np.bincount(whose, right), np.bincount(whose), settings.level)
        if ends is not None:
            return Interval(found.estimate, ends[0], ends[1], n, people), "wilson"
    if single and metric == "auroc" and structure != MEAN:
        c = table.names.index(structure)
        here = table.judged[:, c]
        area = delong_auroc(table.truth[here, c], table.sure[here, c], settings.level)
        if area.low is not None and area.high is not None:
            return Interval(found.estimate, area.low, area.high, n, people), "delong"
        return Interval(found.estimate, None, None, n, people, area.refused), "delong"
    return found, "bootstrap"


def curve_rule(table: ClassTable, structure: str, metric: str, found: Interval) -> Interval:
    """A curve needs five subjects with and five without the class for an interval."""
    if metric not in ("auroc", "average_precision") or found.low is None:
        return found
    for c, name in enumerate(table.names):
        if structure not in (name, MEAN):
            continue
        here, truth = table.judged[:, c], table.truth[:, c]
        for members, word in ((here & truth, "with"), (here & ~truth, "without")):
            people = len(np.unique(table.subjects[members]))
            if 0 < people < FEWEST_SUBJECTS:
                whose = "the class" if structure == name else name
                why = f"too few subjects {word} {whose}: expected at least {FEWEST_SUBJECTS}, found {people}"
                return Interval(found.estimate, None, None, found.n, found.n_subjects, why)
    return found


def spread_rule(found: Interval, method: Method) -> Interval:
    """An interval of the bootstrap without width is refused: perfect or constant answers would look certain."""
    if method != "bootstrap" or found.low is None or found.low != found.high:
        return found
    return replace(found, low=None, high=None, refused=NO_SPREAD)


def calibration_rule(
    table: ClassTable, structure: str, found: Interval, settings: BootstrapSettings
) -> tuple[Interval, float | None]:
    """No interval, and the error that right probabilities stay below in 95 of 100 samples."""
    if found.estimate is None:
        return found, None
    bare = Interval(found.estimate, None, None, found.n, found.n_subjects, NO_BOUND)
    if structure == MEAN:
        return bare, None
    c = table.names.index(structure)
    here = table.judged[:, c]
    chance = expected_by_chance(table.truth[here, c], table.sure[here, c], seed=settings.seed)
    return bare, chance[1] if chance else None
