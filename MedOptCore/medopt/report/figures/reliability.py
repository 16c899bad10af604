"""Reliability diagrams: how often a class is there when the model gives it so and so much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medopt.report.figures.bands import shown_classes
from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import INK, LINE, MUTED
from medopt.report.record import Record
from medopt.report.text import number, plain, shorten
from medopt.validation import ClassResults, Structure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw(record: Record) -> Drawing | None:
    """A panel a class; None without results of classification."""
    results = record.results
    if not isinstance(results, ClassResults) or not results.cases:
        return None
    shown = shown_classes(results)
    columns = min(len(shown), 4)
    rows = -(-len(shown) // columns)

    def paint(figure: Figure) -> None:
        cells = list(figure.subplots(rows, max(columns, 2), squeeze=False, sharex=True, sharey=True).flat)
        for axes, structure in zip(cells, shown, strict=False):
            _panel(axes, record, results, structure)
        for axes in cells[len(shown) :]:
            axes.set_axis_off()
        cells[0].set_ylabel("share with the class")

    level = f"{100 * results.settings.bootstrap.level:g} %"
    return Drawing(
        WIDTH,
        0.4 + (4.2 if columns < 3 else 3.2 if columns == 3 else 2.6) * rows,
        paint,
        "How often a class is there (height) when the model gives it a probability (across), in ten bins of equal "
        f"width, with {level} intervals over subjects where a bin has five; the larger a point the more cases. On the "
        "diagonal probabilities mean what they say; below it the model is too sure of the class. The calibration error "
        "is the mean distance from the diagonal; right probabilities, too, stay off it by chance, in 95 of 100 samples "
        "by less than the number in brackets.",
    )


def _panel(axes: Axes, record: Record, results: ClassResults, structure: Structure) -> None:
    points = [point.true for point in results.reliability(structure.name) if point.given is not None]
    given = [point.given for point in results.reliability(structure.name) if point.given is not None]
    shares = [point.estimate or 0.0 for point in points]
    color = record.look_of(structure.name).color
    most = max((point.n for point in points), default=1)
    axes.plot([0, 1], [0, 1], color=LINE, linewidth=1)
    axes.plot(given, shares, color=color, linewidth=1, alpha=0.5)
    for x, y, point in zip(given, shares, points, strict=True):
        if point.low is not None and point.high is not None:
            axes.plot([x, x], [point.low, point.high], color=color, linewidth=1.2, alpha=0.7)
        axes.plot([x], [y], "o", color=color, markersize=3.5 + 6 * (point.n / most) ** 0.5, markeredgewidth=0)
    row = results.row(structure.name, "ece")
    chance = "" if row.by_chance is None else f" ({number(row.by_chance, 3)})"
    axes.text(0.03, 0.97, f"error {number(row.estimate, 3)}{chance}\nn = {row.n}", va="top", fontsize=8, color=INK)
    axes.set_title(shorten(plain(structure.name), 24))
    axes.set_xlabel("probability", color=MUTED)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_aspect("equal")
    quiet_axes(axes, grid="both")
