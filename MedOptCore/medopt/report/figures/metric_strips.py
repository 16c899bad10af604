"""Every metric: each case as a point, quartiles as a box, the mean with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from medopt.metrics import METRICS
from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import INK, MUTED
from medopt.report.record import Record
from medopt.report.text import metric_title, plain, shorten
from medopt.validation import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw(record: Record) -> Drawing | None:
    """A panel a metric, a row a structure, a point a case; None without results."""
    results = record.results
    if not isinstance(results, Results) or not results.cases:
        return None
    metrics = [name for name in METRICS if any(score.value(name) is not None for score in results.cases)]
    rows = math.ceil(len(metrics) / 2)
    structures = len(results.structures)

    def paint(figure: Figure) -> None:
        grid = figure.subplots(rows, 2, squeeze=False, sharey=True)
        cells = list(grid.flat)
        for axes, metric in zip(cells, metrics, strict=False):
            _panel(axes, record, results, metric)
        for axes in cells[len(metrics) :]:
            axes.set_axis_off()
        figure.set_layout_engine("constrained", hspace=0.08, wspace=0.06)

    return Drawing(
        WIDTH,
        rows * (0.75 + 0.55 * structures) + 0.1,
        paint,
        "A point is a case. The box holds the middle half of the cases and its line is the median. The diamond above "
        "is the mean with its 95 % interval over subjects. Distances of cases in which one mask is empty are the "
        "diagonal of the image; cases in which both are empty have no distance.",
    )


def _panel(axes: Axes, record: Record, results: Results, metric: str) -> None:
    names = [s.name for s in results.structures]
    direction = {"high": "higher is better", "low": "lower is better", "zero": "0 is best"}[METRICS[metric].better]
    axes.set_title(metric_title(metric))
    axes.annotate(
        direction,
        (1, 1),
        xycoords="axes fraction",
        xytext=(0, 9),
        textcoords="offset points",
        ha="right",
        fontsize=8,
        color=MUTED,
    )
    columns = {n: [v.value for v in results.case_values(n, metric) if v.value is not None] for n in names}
    everything = [v for column in columns.values() for v in column]
    low, high = _range(metric, everything)
    axes.set_xlim(low, high)
    if METRICS[metric].better == "zero":
        axes.axvline(0, color=MUTED, linewidth=0.9)
    for row, name in enumerate(names):
        _row(axes, record, results, metric, name, columns[name], -float(row), (high - low))
    axes.set_ylim(-len(names) + 0.45, 0.62)
    axes.set_yticks([-float(row) for row in range(len(names))], [shorten(plain(n), 18) for n in names])
    quiet_axes(axes, grid="x")
    for label in axes.get_yticklabels():
        label.set_color(INK)


def _row(
    axes: Axes, record: Record, results: Results, metric: str, name: str, values: list[float], y: float, width: float
) -> None:
    look = record.look_of(name)
    if not values:
        axes.text(axes.get_xlim()[0], y, "  not defined for any case", va="center", color=MUTED, fontsize=8)
        return
    first, median, third = np.percentile(values, (25, 50, 75)).tolist()
    axes.fill_between([first, third], y - 0.27, y + 0.27, color=look.color, alpha=0.16, linewidth=0)
    axes.plot([median, median], [y - 0.27, y + 0.27], color=look.color, linewidth=1.6)
    size = 4.8 if len(values) <= 40 else 3.6 if len(values) <= 120 else 2.6
    heights = swarm(values, width * size / 280.0, 0.012 * size, 0.24)
    axes.plot(
        values,
        [y + h for h in heights],
        linestyle="none",
        marker=look.marker,
        markersize=size,
        color=look.color,
        markeredgewidth=0,
        alpha=0.85,
    )
    row = results.row(name, metric)
    if row.estimate is not None:
        if row.low is not None and row.high is not None:
            axes.plot([row.low, row.high], [y + 0.4] * 2, color=INK, linewidth=1.4, solid_capstyle="butt")
        axes.plot([row.estimate], [y + 0.4], marker="D", markersize=4.2, color=INK, markeredgewidth=0)


def _range(metric: str, values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = 0.06 * (high - low) or 0.05 * (abs(high) or 1.0)
    better = METRICS[metric].better
    if better == "high":
        return max(-0.02, low - room), 1.0 + 0.02 * (1.0 - low + room)
    if better == "low":
        return -0.02 * high, high + room
    reach = max(abs(low), abs(high), 1e-6) * 1.08
    return -reach, reach


def swarm(values: Sequence[float], near: float, step: float, most: float) -> list[float]:
    """Heights that keep points of a strip apart: 0, up, down, further up … as far as nearer neighbours need.

    Parameters
    ----------
    values : where the points lie along the strip
    near : points nearer than this touch when they have the same height
    step, most : distance between heights, and the largest; beyond it points may touch
    """
    heights = [0.0] * len(values)
    placed: list[tuple[float, float]] = []
    levels = [sign * step * n for n in range(int(most / step) + 1) for sign in ((1, -1) if n else (1,))]
    for index in sorted(range(len(values)), key=lambda i: (values[i], i)):
        taken = {height for value, height in placed[-4 * len(levels) :] if values[index] - value < near}
        heights[index] = next((level for level in levels if level not in taken), levels[index % len(levels)])
        placed.append((values[index], heights[index]))
    return heights
