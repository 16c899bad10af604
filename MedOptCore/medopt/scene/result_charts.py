"""Curves over the score as charts: ROC and precision-recall of classes, precision-recall and FROC of boxes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from medopt.metrics.froc import LUNA_RATES
from medopt.scene.plots import PALETTE, Chart, Series
from medopt.validation import BoxResults, ClassResults
from medopt.validation.box_summary import BoxTable
from medopt.validation.class_summary import ClassTable
from medopt.validation.weighted import weighted_froc, weighted_precision_at, weighted_roc

GRID = np.linspace(0, 1, 201)
RATES = np.linspace(0, LUNA_RATES[-1], 161)
NAMES = {"roc": "ROC", "precision": "Precision and recall", "froc": "FROC"}
"""Charts by the name under which they are asked for."""


def chart_names(results: ClassResults | BoxResults) -> tuple[str, ...]:
    """The charts that results have."""
    return ("roc", "precision") if isinstance(results, ClassResults) else ("froc", "precision")


def result_chart(results: ClassResults | BoxResults, name: str, colors: Mapping[str, str] | None = None) -> Chart:
    """The chart called ``name`` (see ``chart_names``), a line a class, whose name tells its figure with interval and n.

    Classes for which the curve is not defined have no line. ``colors`` are class -> ``"#rrggbb"``.
    """
    title = f"{results.model}, {results.subset}: {NAMES[name]}"
    if isinstance(results, ClassResults):
        x, curves, axes = _of_classes(results, name)
    else:
        x, curves, axes = _of_boxes(results, name)
    metric = {"roc": "auroc", "froc": "froc"}.get(name, "ap50" if results.task == "detection" else "average_precision")
    series = []
    for place, (structure, y) in enumerate(curves.items()):
        if not np.isfinite(y).all():
            continue
        row = results.row(structure, metric)
        value = "" if row.estimate is None else f" {row.estimate:.3f}"
        ends = "" if row.low is None or row.high is None else f" [{row.low:.3f}, {row.high:.3f}]"
        n = f"{row.n_boxes} boxes" if row.n_boxes is not None else f"n = {row.n}"
        color = (colors or {}).get(structure) or PALETTE[place % len(PALETTE)]
        series.append(Series(f"{structure}{value}{ends}, {n}", x.tolist(), y.tolist(), (), "line", color))
    if name == "roc":
        series.append(Series("chance", [0.0, 1.0], [0.0, 1.0], (), "dashes", "#999999"))
    return Chart(title, *axes, tuple(series), (0.0, 1.0))


def _of_classes(results: ClassResults, name: str) -> tuple[NDArray, dict[str, NDArray], tuple[str, str]]:
    table = ClassTable.of(results.cases, [s.name for s in results.structures])
    curves = {}
    for c, structure in enumerate(table.names):
        here = table.judged[:, c]
        one, truth, sure = np.ones((1, int(here.sum()))), table.truth[here, c], table.sure[here, c]
        if name == "roc":
            curves[structure] = weighted_roc(one, truth, sure, GRID)[0]
        else:
            curves[structure] = weighted_precision_at(one, truth, sure, GRID)[0]
    return GRID, curves, ("1 - specificity", "Sensitivity") if name == "roc" else ("Recall", "Precision")


def _of_boxes(results: BoxResults, name: str) -> tuple[NDArray, dict[str, NDArray], tuple[str, str]]:
    curves = {}
    for structure in (s.name for s in results.structures):
        table = BoxTable.of(results.cases, structure)
        one, right = np.ones((1, len(table.scores))), table.right[:, 0]
        boxes, images = np.array([table.references.sum()], float), np.array([table.judged.sum()], float)
        if name == "froc":
            curves[structure] = weighted_froc(one, right, table.scores, boxes, images, RATES.tolist())[0]
        else:
            curves[structure] = weighted_precision_at(one, right, table.scores, GRID, boxes)[0]
    if name == "froc":
        return RATES, curves, ("False boxes an image", "Share of boxes found")
    return GRID, curves, ("Recall", "Precision")
