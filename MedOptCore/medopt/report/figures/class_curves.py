"""ROC and precision-recall curves of classes, with intervals over subjects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medopt.report.figures.bands import (
    MOST_BANDS,
    STYLES,
    curve_band,
    legend_entry,
    quiet_legend,
    shown_classes,
)
from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import LINE, MUTED
from medopt.report.record import Record
from medopt.validation import ClassResults
from medopt.validation.class_table import ClassTable
from medopt.validation.weighted import weighted_precision_at, weighted_roc

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GRID = np.linspace(0, 1, 101)


def draw(record: Record) -> Drawing | None:
    """Left ROC, right precision over recall, a line a class; None without results of classification."""
    results = record.results
    if not isinstance(results, ClassResults) or not results.cases:
        return None
    table = ClassTable.of(results.cases, [s.name for s in results.structures])

    def paint(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        _roc(left, record, results, table)
        _precision(right, record, results, table)
        for axes in (left, right):
            quiet_axes(axes, grid="both")
            axes.set_aspect("equal")
            axes.set_xlim(-0.02, 1.02)
            axes.set_ylim(-0.02, 1.02)

    shown = shown_classes(results)
    more = ""
    if len(shown) < len(results.structures):
        mirror = results.exclusive and len(results.structures) == 2
        more = " The curve of the other class is its mirror image." if mirror else f" The first {len(shown)} classes."
    level = f"{100 * results.settings.bootstrap.level:g} %"
    band = f" Bands are {level} intervals over subjects, point by point." if len(shown) <= MOST_BANDS else ""
    return Drawing(
        WIDTH,
        4.9,
        paint,
        f"Left: sensitivity against the share of false alarms at every threshold, with the area (AUROC) and its "
        f"{level} "
        "interval; the diagonal is chance. Right: precision (PPV) against recall (sensitivity), with average "
        "precision; "
        f"the dotted line is chance, the share of cases with the class. n is cases with the class of all.{band}{more}",
    )


def _roc(axes: Axes, record: Record, results: ClassResults, table: ClassTable) -> None:
    axes.set_title("ROC")
    axes.plot([0, 1], [0, 1], color=LINE, linewidth=1)
    for place, structure in enumerate(shown_classes(results)):
        truth, sure, subjects = _cases(table, structure.name)
        if not truth.any() or truth.all():
            continue
        color, style = record.look_of(structure.name).color, STYLES[place % len(STYLES)]
        if len(shown_classes(results)) <= MOST_BANDS:
            band = curve_band(lambda w, t=truth, s=sure: weighted_roc(w, t, s, GRID), list(subjects), results)  # type: ignore[misc]
            if band is not None:
                axes.fill_between(GRID, band[0], band[1], color=color, alpha=0.14, linewidth=0)
        order = np.argsort(-sure, kind="stable")
        last = np.append(np.flatnonzero(np.diff(sure[order])), len(order) - 1)
        x = np.append(0, np.cumsum(~truth[order])[last] / (~truth).sum())
        y = np.append(0, np.cumsum(truth[order])[last] / truth.sum())
        label = legend_entry(structure.name, results.row(structure.name, "auroc"), f"n = {truth.sum()} of {len(truth)}")
        axes.plot(x, y, color=color, linewidth=1.7, linestyle=style, label=label)
    axes.set_xlabel("1 − specificity")
    axes.set_ylabel("sensitivity")
    quiet_legend(axes, "lower right")


def _precision(axes: Axes, record: Record, results: ClassResults, table: ClassTable) -> None:
    axes.set_title("Precision and recall")
    for place, structure in enumerate(shown_classes(results)):
        truth, sure, subjects = _cases(table, structure.name)
        if not truth.any():
            continue
        color, style = record.look_of(structure.name).color, STYLES[place % len(STYLES)]
        axes.axhline(truth.mean(), color=color, linewidth=0.9, linestyle=(0, (1, 2)), alpha=0.8)
        if len(shown_classes(results)) <= MOST_BANDS:
            band = curve_band(
                lambda w, t=truth, s=sure: weighted_precision_at(w, t, s, GRID[1:]),  # type: ignore[misc]
                list(subjects),
                results,
            )
            if band is not None:
                axes.fill_between(GRID[1:], band[0], band[1], color=color, alpha=0.14, linewidth=0)
        order = np.argsort(-sure, kind="stable")
        last = np.append(np.flatnonzero(np.diff(sure[order])), len(order) - 1)
        found = np.cumsum(truth[order])[last]
        precision, recall = found / (last + 1), found / truth.sum()
        row = results.row(structure.name, "average_precision")
        label = legend_entry(structure.name, row, f"n = {truth.sum()} of {len(truth)}")
        axes.plot(
            np.append(0, recall), np.append(precision[0], precision), color=color, linewidth=1.7, linestyle=style,
            label=label, drawstyle="steps-pre",
        )  # fmt: skip
    axes.set_xlabel("recall")
    axes.set_ylabel("precision")
    quiet_legend(axes, "lower left")
    axes.tick_params(labelcolor=MUTED)


def _cases(table: ClassTable, name: str) -> tuple[NDArray, NDArray, NDArray]:
    """Truth, probability and subject of the cases that were judged for a class."""
    c = table.names.index(name)
    here = table.judged[:, c]
    return table.truth[here, c], table.sure[here, c], table.subjects[here]
