"""How many boxes are found at given numbers of false boxes an image, with intervals over subjects."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medopt.metrics.froc import LUNA_RATES
from medopt.validation.box_results import BoxResults
from medopt.validation.box_summary import BoxTable, holders_rule
from medopt.validation.interval import Interval
from medopt.validation.resampling import Statistic, intervals, resample
from medopt.validation.weighted import weighted_froc

STREAM = (8,)
"""Marks the random stream of these resamples."""


@dataclass(frozen=True)
class RateRow:
    """Sensitivity of a class at a number of false boxes an image; ``boxes`` are those to find."""

    structure: str
    rate: float
    found: Interval
    boxes: int


def sensitivities(results: BoxResults) -> tuple[RateRow, ...]:
    """For each class that has a box, a row for each of ``LUNA_RATES``, at IoU 0.5; read on the lines of its FROC curve.

    Intervals are bootstrap intervals over subjects, refused below five subjects with a box of the class.
    """
    rows: list[RateRow] = []
    subjects = np.array([case.subject for case in results.cases], str)
    tables = {s.name: BoxTable.of(results.cases, s.name) for s in results.structures}
    few = holders_rule(tables, subjects)
    for name, table in tables.items():
        boxes = int(table.references.sum())
        if not boxes:
            continue
        settings = results.settings.bootstrap
        sample = resample(_curve(table), list(subjects), settings, width=len(table.scores), stream=STREAM)
        n, people = int(table.judged.sum()), len(np.unique(subjects[table.judged]))
        found = intervals(sample, [n] * len(LUNA_RATES), [people] * len(LUNA_RATES), settings)
        for rate, one in zip(LUNA_RATES, found, strict=True):
            why = one.refused or few[name]
            rows.append(RateRow(name, rate, replace(one, low=None, high=None, refused=why) if why else one, boxes))
    return tuple(rows)


def _curve(table: BoxTable) -> Statistic:
    def curve(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        drawn, boxes, images = weights[:, table.cases], weights @ table.references, weights @ table.judged
        return weighted_froc(drawn, table.right[:, 0], table.scores, boxes, images, LUNA_RATES)

    return curve
