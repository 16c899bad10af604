"""The agreement between annotators as a picture: pairs with their intervals, and everybody against the consensus."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from medopt.labelling.agreement import EVERYBODY, MEASURES, Agreement, AgreementRow
from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import INK, MUTED, Look, look
from medopt.report.text import count, plain, shorten
from medopt.validation import MEAN

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_ROWS = 24
"""Rows of a panel at most; of more pairs those that agree least are shown."""


def draw_agreement(agreement: Agreement) -> Drawing:
    """A panel a measure, a row a pair and class, a point a case; STAPLE's performance levels in the last panel.

    Raises nothing: without rows the panels are empty and say so.
    """
    measures = [name for name in MEASURES if any(row.measure == name for row in agreement.rows)]
    shown = {name: _shown([row for row in agreement.rows if row.measure == name]) for name in measures}
    panels = max(1, len(measures)) + bool(agreement.raters)
    height = 1.1 + 0.3 * max([len(rows) for rows in shown.values()] or [1])

    def paint(figure: Figure) -> None:
        cells = list(figure.subplots(1, panels, squeeze=False)[0])
        for axes, name in zip(cells, measures, strict=False):
            rows = [(row.structure, row.who) for row in shown[name]]
            names = axes is cells[0] or rows != [(row.structure, row.who) for row in shown[measures[0]]]
            _panel(axes, agreement, name, shown[name], names=names)
        if not measures:
            cells[0].text(0.5, 0.5, "nothing to compare", ha="center", color=MUTED)
            quiet_axes(cells[0])
            cells[0].set_xticks([])
            cells[0].set_yticks([])
        if agreement.raters:
            _levels(cells[-1], agreement)

    return Drawing(WIDTH, max(3.0, min(height, 9.0)), paint, _caption(agreement, shown))


def _shown(rows: Sequence[AgreementRow]) -> list[AgreementRow]:
    """The rows that are drawn, those of everybody first."""
    if len(rows) <= MOST_ROWS:
        return list(rows)
    ranked = sorted(
        rows, key=lambda row: (row.first != EVERYBODY, row.value.estimate if row.value.estimate is not None else 2.0)
    )
    kept = set(map(id, ranked[:MOST_ROWS]))
    return [row for row in rows if id(row) in kept]


def _panel(axes: Axes, agreement: Agreement, measure: str, rows: Sequence[AgreementRow], *, names: bool) -> None:
    axes.set_title(MEASURES[measure])
    lowest, across = 1.0, axes.get_yaxis_transform()
    for place, row in enumerate(rows):
        style = _look(agreement, row.structure)
        points = [
            case.value
            for case in agreement.by_case
            if (case.structure, case.measure) == (row.structure, measure)
            and (row.first == EVERYBODY or (case.first, case.second) == (row.first, row.second))
        ]
        axes.plot(points, [place] * len(points), "|", color=style.color, alpha=0.35, markersize=7)
        value = row.value
        lowest = min([lowest, *points])
        if value.low is not None and value.high is not None:
            axes.plot([value.low, value.high], [place, place], color=style.color, linewidth=2.2)
        if value.estimate is None:
            axes.text(0.02, place, "not defined", va="center", fontsize=8, color=MUTED, transform=across)
        else:
            axes.plot([value.estimate], [place], style.marker, color=style.color, markersize=5.5)
            lowest = min(lowest, value.estimate, *([value.low] if value.low is not None else []))
    lowest = math.floor(10 * min(lowest, 0.9)) / 10
    axes.set_xlim(lowest - 0.02, 1.02)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    texts = [f"{shorten(plain(row.structure), 16)}  {shorten(plain(row.who), 24)}" for row in rows]
    axes.set_yticks(range(len(rows)), texts if names else [""] * len(rows))
    quiet_axes(axes, grid="x")
    for label in axes.get_yticklabels():
        label.set_color(INK)


def _levels(axes: Axes, agreement: Agreement) -> None:
    """Specificity across, sensitivity upwards, a point an annotator and class."""
    axes.set_title("against the consensus")
    for row in agreement.raters:
        x, y = row.specificity.estimate, row.sensitivity.estimate
        if x is None or y is None:
            continue
        style = _look(agreement, row.structure)
        axes.plot([x], [y], style.marker, color=style.color, markersize=5.5)
        axes.annotate(shorten(plain(row.annotator), 14), (x, y), (4, 4), textcoords="offset points", fontsize=7.5)
    axes.set_xlabel("specificity around it")
    axes.set_ylabel("sensitivity")
    axes.margins(0.18)
    axes.locator_params(nbins=4)
    quiet_axes(axes, grid="both")


def _look(agreement: Agreement, structure: str) -> Look:
    """The same look of a class in every panel; means over classes are grey."""
    if structure == MEAN:
        return Look(MUTED, "o")
    classes = list(dict.fromkeys(row.structure for row in agreement.rows if row.structure != MEAN))
    return look(classes.index(structure) if structure in classes else len(classes))


def _caption(agreement: Agreement, shown: dict[str, list[AgreementRow]]) -> str:
    text = f"{count(len(agreement.cases), 'case')}, {count(len(agreement.annotators), 'annotator')}. A marker is the "
    text += "agreement with its 95 % interval over subjects, a stroke a case."
    if any(row.structure == MEAN for row in agreement.rows):
        text += " “mean” is the mean over classes."
    if agreement.task == "segmentation":
        text += f" NSD at {agreement.tolerance_mm:g} mm. The last panel shows how each annotator performs (STAPLE)."
    if any(len(rows) == MOST_ROWS for rows in shown.values()):
        text += " Of more pairs than fit those that agree least are shown."
    return text
