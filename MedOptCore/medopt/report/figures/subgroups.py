"""The main figure of each subgroup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medopt.report.figures.canvas import WIDTH, Drawing
from medopt.report.figures.forest import ROW, ForestRow, draw_forest
from medopt.report.palette import MUTED
from medopt.report.record import Record
from medopt.report.text import metric_title, plain, shorten
from medopt.validation import MEAN

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(record: Record) -> Drawing | None:
    """A row a group under a head for each attribute, and all cases on top; None without subgroups."""
    results, groups = record.results, record.subgroups
    if results is None or not groups:
        return None
    whole = results.row(MEAN, results.main_metric)
    rows = [ForestRow("all", whole.estimate, whole.low, whole.high, _n(whole.n, whole.n_subjects), marker="D")]
    attribute = ""
    for group in groups:
        if group.attribute != attribute:
            attribute = group.attribute
            rows.append(ForestRow(shorten(plain(attribute)), head=True))
        told = _n(group.n, group.n_subjects)
        color = MUTED if group.low is None else rows[0].color
        rows.append(ForestRow(shorten(plain(group.value)), group.estimate, group.low, group.high, told, color))

    def paint(figure: Figure) -> None:
        draw_forest(figure.subplots(), rows, metric_title(results.main_metric), mark=whole.estimate)

    return Drawing(
        WIDTH,
        0.7 + ROW * len(rows),
        paint,
        f"Mean {metric_title(results.main_metric)} of each group with its interval over subjects; grey where there are "
        "fewer than five, for which no interval is given. The dotted line is the mean of all. Groups overlap between "
        "attributes, and among many groups some differ by chance.",
    )


def _n(cases: int, subjects: int) -> str:
    return f"n = {subjects}" if cases == subjects else f"n = {subjects} ({cases} cases)"
