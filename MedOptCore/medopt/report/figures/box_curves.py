"""Precision over recall and FROC of boxes, with intervals over subjects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medopt.metrics.froc import LUNA_RATES
from medopt.report.figures.bands import (
    MOST_BANDS,
    STYLES,
    curve_band,
    legend_entry,
    quiet_legend,
    shown_classes,
)
from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.record import Record
from medopt.validation import BoxResults
from medopt.validation.box_summary import BoxTable
from medopt.validation.resampling import Statistic
from medopt.validation.weighted import weighted_froc, weighted_precision_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RECALLS = np.linspace(0.01, 1, 100)
RATES = np.geomspace(LUNA_RATES[0], LUNA_RATES[-1], 61)


def draw(record: Record) -> Drawing | None:
    """Left precision over recall, right sensitivity over false boxes an image; None without results of detection."""
    results = record.results
    if not isinstance(results, BoxResults) or not results.cases:
        return None
    tables = {s.name: BoxTable.of(results.cases, s.name) for s in shown_classes(results)}

    def paint(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        for place, (name, table) in enumerate(tables.items()):
            if not table.references.sum():
                continue
            style = {"color": record.look_of(name).color, "linestyle": STYLES[place % len(STYLES)], "linewidth": 1.7}
            banded = len(tables) <= MOST_BANDS
            _precision(left, results, name, table, style, banded)
            _froc(right, results, name, table, style, banded)
        left.set_title("Precision and recall at IoU 0.5")
        left.set_xlabel("recall")
        left.set_ylabel("precision")
        left.set_xlim(-0.02, 1.02)
        right.set_title("FROC at IoU 0.5")
        right.set_xscale("log")
        right.set_xticks(LUNA_RATES, ["1/8", "1/4", "1/2", "1", "2", "4", "8"])
        right.minorticks_off()
        right.set_xlabel("false boxes an image")
        right.set_ylabel("share of boxes found")
        for axes in (left, right):
            axes.set_ylim(-0.02, 1.02)
            quiet_axes(axes, grid="both")
        quiet_legend(left, "lower left")
        quiet_legend(right, "lower right")

    level = f"{100 * results.settings.bootstrap.level:g} %"
    band = f" Bands are {level} intervals over subjects, point by point." if len(tables) <= MOST_BANDS else ""
    more = f" The first {len(tables)} classes are shown." if len(tables) < len(results.structures) else ""
    return Drawing(
        WIDTH,
        4.2,
        paint,
        "Left: share of predicted boxes that are right against the share of boxes found, with average precision "
        "(AP50) and "
        f"its {level} interval. Right: share of boxes found against false boxes an image, with its mean over the "
        f"marked "
        f"rates (FROC score). n is boxes to find.{band}{more}",
    )


def _precision(
    axes: Axes, results: BoxResults, name: str, table: BoxTable, style: dict[str, object], banded: bool
) -> None:
    def curve(weights: NDArray) -> NDArray:
        return weighted_precision_at(
            weights[:, table.cases], table.right[:, 0], table.scores, RECALLS, weights @ table.references
        )

    band = _band(curve, results, table) if banded else None
    if band is not None:
        axes.fill_between(RECALLS, band[0], band[1], color=str(style["color"]), alpha=0.14, linewidth=0)
    y = curve(np.ones((1, len(results.cases))))[0]
    label = legend_entry(name, results.row(name, "ap50"), f"n = {table.references.sum()}")
    axes.plot(RECALLS, y, label=label, **style)  # type: ignore[arg-type]


def _froc(axes: Axes, results: BoxResults, name: str, table: BoxTable, style: dict[str, object], banded: bool) -> None:
    def curve(weights: NDArray) -> NDArray:
        drawn, boxes, images = weights[:, table.cases], weights @ table.references, weights @ table.judged
        return weighted_froc(drawn, table.right[:, 0], table.scores, boxes, images, list(RATES))

    band = _band(curve, results, table) if banded else None
    if band is not None:
        axes.fill_between(RATES, band[0], band[1], color=str(style["color"]), alpha=0.14, linewidth=0)
    y = curve(np.ones((1, len(results.cases))))[0]
    label = legend_entry(name, results.row(name, "froc"), f"n = {table.references.sum()}")
    axes.plot(RATES, y, label=label, **style)  # type: ignore[arg-type]


def _band(curve: Statistic, results: BoxResults, table: BoxTable) -> tuple[NDArray, NDArray] | None:
    return curve_band(curve, [case.subject for case in results.cases], results, width=len(table.scores))
