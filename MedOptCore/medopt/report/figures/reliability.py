"""Reliability diagrams: how often a class is there, in a case or a voxel, when the model gives it so and so much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medopt.report.figures.bands import MOST_CLASSES, shown_classes
from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import INK, LINE, MUTED
from medopt.report.record import Record
from medopt.report.text import number, plain, shorten
from medopt.validation import ClassResults, Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


NEAR_STRUCTURES = (
    "Voxels near a structure count: those in blocks of five voxels a side that hold some of it in the reference or in "
    "the prediction, and in the blocks around these."
)
"""Which voxels enter the calibration of segmentation."""


def draw(record: Record) -> Drawing | None:
    """A panel a class or structure; None without results of classification or of voxels' probabilities."""
    results = record.results
    if not isinstance(results, ClassResults | Results) or not results.cases:
        return None
    shown = _shown(results)
    if not shown:
        return None
    columns = min(len(shown), 4)
    rows = -(-len(shown) // columns)

    def paint(figure: Figure) -> None:
        cells = list(figure.subplots(rows, max(columns, 2), squeeze=False, sharex=True, sharey=True).flat)
        for axes, name in zip(cells, shown, strict=False):
            _panel(axes, record, results, name)
        for axes in cells[len(shown) :]:
            axes.set_axis_off()
        cells[0].set_ylabel("share with the class" if isinstance(results, ClassResults) else "share in the structure")

    level = f"{100 * results.settings.bootstrap.level:g} %"
    voxels = isinstance(results, Results)
    what = "How often a voxel belongs to a structure" if voxels else "How often a class is there"
    return Drawing(
        WIDTH,
        0.4 + (4.2 if columns < 3 else 3.2 if columns == 3 else 2.6) * rows,
        paint,
        f"{what} (height) when the model gives it a probability (across), in ten bins of equal "
        f"width, with {level} intervals over subjects where a bin has five; the larger a point the more "
        f"{'voxels' if voxels else 'cases'}. On the diagonal probabilities mean what they say; below it the model is "
        f"too sure of the {'structure' if voxels else 'class'}. The calibration error is the mean distance from the "
        "diagonal; right probabilities, too, stay off it by chance, in 95 of 100 samples by less than the number in "
        "brackets." + (f" {NEAR_STRUCTURES}" if voxels else ""),
    )


def _shown(results: ClassResults | Results) -> tuple[str, ...]:
    """At most so many as other figures show; all structures together always, as the last."""
    if isinstance(results, ClassResults):
        return tuple(structure.name for structure in shown_classes(results))
    names = results.calibrated
    return names if len(names) <= MOST_CLASSES else (*names[: MOST_CLASSES - 1], names[-1])


def _panel(axes: Axes, record: Record, results: ClassResults | Results, name: str) -> None:
    bins = [point for point in results.reliability(name) if point.given is not None]
    points, given = [point.true for point in bins], [point.given or 0.0 for point in bins]
    shares = [point.estimate or 0.0 for point in points]
    known = [structure.name for structure in results.structures]
    color = record.look_of(name).color if name in known else INK
    most = max((point.size for point in bins), default=1)
    axes.plot([0, 1], [0, 1], color=LINE, linewidth=1)
    axes.plot(given, shares, color=color, linewidth=1, alpha=0.5)
    for x, y, point, size in zip(given, shares, points, (point.size for point in bins), strict=True):
        if point.low is not None and point.high is not None:
            axes.plot([x, x], [point.low, point.high], color=color, linewidth=1.2, alpha=0.7)
        axes.plot([x], [y], "o", color=color, markersize=3.5 + 6 * (size / most) ** 0.5, markeredgewidth=0)
    row = results.calibration_row(name)
    chance = "" if row.by_chance is None else f" ({number(row.by_chance, 3)})"
    axes.text(0.03, 0.97, f"error {number(row.estimate, 3)}{chance}\nn = {row.n}", va="top", fontsize=8, color=INK)
    axes.set_title(shorten(plain(name), 24))
    axes.set_xlabel("probability", color=MUTED)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_aspect("equal")
    quiet_axes(axes, grid="both")
