"""From found, missed and false boxes to average precision and FROC with intervals over subjects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.metrics import COCO_IOUS, clustered_wilson
from medopt.metrics.froc import LUNA_RATES
from medopt.validation.box_results import BoxCase
from medopt.validation.measures import BOX_MEASURES
from medopt.validation.resampling import intervals, resample
from medopt.validation.settings import BootstrapSettings
from medopt.validation.statistics import FEWEST_SUBJECTS
from medopt.validation.table import MEAN, Method, SummaryRow
from medopt.validation.weighted import mean_of_defined, weighted_box_precision, weighted_froc

Key = tuple[str, str]
"""Class or ``MEAN``, and metric."""


_BOOTSTRAP: Method = "bootstrap"
_WILSON: Method = "wilson"


@dataclass(frozen=True, eq=False)
class BoxTable:
    """The predicted boxes of one class as arrays, and the boxes that should be found.

    Parameters
    ----------
    scores : (n,) of predicted boxes
    right : (n, thresholds) bool at each of ``COCO_IOUS``
    cases : (n,) which case each lies in
    references : (cases,) boxes that should be found
    judged : (cases,) bool, whether somebody looked for the class
    """

    scores: NDArray[np.float64]
    right: NDArray[np.bool_]
    cases: NDArray[np.int64]
    references: NDArray[np.int64]
    judged: NDArray[np.bool_]

    @classmethod
    def of(cls, cases: Sequence[BoxCase], name: str) -> BoxTable:
        """The table of the class called ``name``."""
        predicted = [
            (box.score, [round(t, 2) in box.right_at for t in COCO_IOUS], n)
            for n, case in enumerate(cases)
            for box in case.boxes
            if box.structure == name and box.score is not None
        ]
        there = [sum(b.structure == name and b.outcome != "false" for b in case.boxes) for case in cases]
        return cls(
            np.array([score for score, _, _ in predicted], float),
            np.array([right for _, right, _ in predicted], bool).reshape(len(predicted), len(COCO_IOUS)),
            np.array([n for _, _, n in predicted], np.int64),
            np.array(there, np.int64),
            np.array([name not in case.unjudged for case in cases], bool),
        )


def summarize_boxes(
    cases: Sequence[BoxCase], names: Sequence[str], settings: BootstrapSettings | None = None
) -> tuple[SummaryRow, ...]:
    """Every metric of every class, and the mean over the classes that have a box to find (``MEAN``).

    Intervals are bootstrap intervals over subjects, and Wilson's for the share of boxes that are found, with the number
    of independent boxes that those of one subject are worth. Refused below five subjects with a box of the class. No
    cases give no rows.
    """
    settings = settings or BootstrapSettings()
    if not cases:
        return ()
    subjects = np.array([case.subject for case in cases], str)
    tables = {name: BoxTable.of(cases, name) for name in names}
    numbers = box_numbers(tables)
    width = max((len(table.scores) for table in tables.values()), default=0)
    sample = resample(
        lambda weights: np.stack(list(numbers(weights).values()), 1), list(subjects), settings, width=width
    )
    keys = list(numbers(np.ones((1, len(cases)))))
    judged = {name: table.judged for name, table in tables.items()}
    judged[MEAN] = np.any([table.judged for table in tables.values()], axis=0)
    few, without = holders_rule(tables, subjects), _without_boxes(tables)
    people = [len(np.unique(subjects[judged[structure]])) for structure, _ in keys]
    found = intervals(sample, [int(judged[structure].sum()) for structure, _ in keys], people, settings)
    total = {name: int(table.references.sum()) for name, table in tables.items()}
    rows = []
    for (structure, metric), interval in zip(keys, found, strict=True):
        why = interval.refused or few[structure]
        low, high, method = interval.low, interval.high, _BOOTSTRAP
        if metric == "found" and structure != MEAN and not why:
            (low, high), method = _share_found(tables[structure], subjects, settings.level), _WILSON
        rows.append(
            SummaryRow(
                structure=structure,
                metric=metric,
                estimate=interval.estimate,
                low=None if why else low,
                high=None if why else high,
                n=interval.n,
                n_subjects=interval.n_subjects,
                excluded=len(cases) - interval.n,
                note=why,
                method=method,
                n_boxes=sum(total.values()) if structure == MEAN else total[structure],
                without=without if structure == MEAN else (),
            )
        )
    return tuple(rows)


def _share_found(table: BoxTable, subjects: NDArray[np.str_], level: float) -> tuple[float | None, float | None]:
    whose = np.unique(subjects, return_inverse=True)[1]
    hits = np.bincount(whose[table.cases[table.right[:, 0]]], minlength=whose.max() + 1)
    return clustered_wilson(hits, np.bincount(whose, table.references), level) or (None, None)


def holders_rule(tables: Mapping[str, BoxTable], subjects: NDArray[np.str_]) -> dict[str, str]:
    """Why there is no interval, of each class and of ``MEAN``; "" where at least five subjects have a box of it."""
    holders = {name: len(np.unique(subjects[table.references > 0])) for name, table in tables.items()}
    holders[MEAN] = min((people for people in holders.values() if people), default=0)
    return {
        name: ""
        if people >= FEWEST_SUBJECTS
        else f"too few subjects with a box: expected at least {FEWEST_SUBJECTS}, found {people}"
        for name, people in holders.items()
    }


def _without_boxes(tables: Mapping[str, BoxTable]) -> tuple[str, ...]:
    return tuple(name for name, table in tables.items() if not table.references.any())


_ALL_METRICS = tuple(measure.name for measure in BOX_MEASURES)


def box_numbers(
    tables: dict[str, BoxTable], metrics: Sequence[str] = _ALL_METRICS
) -> Callable[[NDArray], dict[Key, NDArray]]:
    """A function of weights (samples, cases) that gives (samples,) of ``metrics`` of each class and of ``MEAN``."""

    def numbers(weights: NDArray) -> dict[Key, NDArray]:
        found = {name: _of_class(table, weights, metrics) for name, table in tables.items()}
        names = list(metrics)
        found[MEAN] = {m: mean_of_defined(np.stack([found[name][m] for name in tables], 1)) for m in names}
        return {(name, m): values[m] for name, values in found.items() for m in names}

    return numbers


def _of_class(table: BoxTable, weights: NDArray, metrics: Sequence[str]) -> dict[str, NDArray]:
    drawn = weights[:, table.cases]
    boxes, images = weights @ table.references, weights @ table.judged
    found: dict[str, NDArray] = {}
    thresholds = table.right.T if "ap50_95" in metrics else table.right.T[:1]
    each = [weighted_box_precision(drawn, right, table.scores, boxes) for right in thresholds]
    found["ap50"], found["ap50_95"] = each[0], np.mean(each, axis=0)
    if "froc" in metrics or "sensitivity_fp1" in metrics:
        curve = weighted_froc(drawn, table.right[:, 0], table.scores, boxes, images, LUNA_RATES)
        found["froc"], found["sensitivity_fp1"] = curve.mean(axis=1), curve[:, LUNA_RATES.index(1.0)]
    hits = drawn @ table.right[:, 0]
    found["found"] = np.divide(hits, boxes, out=np.full(len(hits), np.nan), where=boxes > 0)
    return {metric: found[metric] for metric in metrics}
