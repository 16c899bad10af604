"""Internal beside external figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medopt.report.figures.canvas import WIDTH, Drawing
from medopt.report.figures.forest import ROW, ForestRow, draw_forest
from medopt.report.palette import INK, MUTED
from medopt.report.record import Record
from medopt.report.text import metric_title, plain, shorten
from medopt.validation import MEAN

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 8
"""Structures that are drawn; the table has all."""


def draw(record: Record) -> Drawing | None:
    """Pairs of rows, internal above external, for the main figure of each structure; None without a comparison."""
    external, results = record.external, record.results
    if external is None or results is None:
        return None
    changes = [row for row in external.changes if row.metric == results.main_metric][-MOST:]
    if not changes:
        return None
    rows = []
    for change in changes:
        name = "mean" if change.structure == MEAN else plain(change.structure)
        for side, title, marker in ((change.internal, "internal", "o"), (change.external, "external", "D")):
            color = MUTED if title == "internal" else INK if change.structure == MEAN else record.look_of(name).color
            text = f"{shorten(name, 18)}, {title}"
            rows.append(ForestRow(text, side.estimate, side.low, side.high, f"n = {side.n_subjects}", color, marker))

    def paint(figure: Figure) -> None:
        draw_forest(figure.subplots(), rows, metric_title(results.main_metric))

    return Drawing(
        WIDTH,
        0.7 + ROW * len(rows),
        paint,
        f"{metric_title(results.main_metric)} on the model's own unseen subjects (circle, grey) and on this project "
        "(diamond), each with its interval over subjects.",
    )
