"""Figures with intervals under each other: one line a row, so that lengths can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medopt.report.figures.canvas import quiet_axes
from medopt.report.palette import INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW = 0.27
"""Inches of height of a row."""


@dataclass(frozen=True)
class ForestRow:
    """A row: what stands on the left, the figure with its interval, what stands on the right; ``head`` rows have no
    figure."""

    text: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    told: str = ""
    color: str = INK
    marker: str = "o"
    head: bool = False


def draw_forest(axes: Axes, rows: Sequence[ForestRow], title: str, *, mark: float | None = None) -> None:
    """Draw the rows from top to bottom; ``mark`` is a value at which a thin line stands."""
    axes.set_title(title)
    if mark is not None:
        axes.axvline(mark, color=MUTED, linewidth=0.8, linestyle=(0, (1, 2)))
    for place, row in enumerate(rows):
        if row.estimate is None:
            continue
        if row.low is not None and row.high is not None:
            axes.plot([row.low, row.high], [-place] * 2, color=row.color, linewidth=1.6, solid_capstyle="butt")
        axes.plot([row.estimate], [-place], marker=row.marker, markersize=5, color=row.color, markeredgewidth=0)
    axes.set_yticks([-float(place) for place in range(len(rows))], [row.text for row in rows])
    for label, row in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_color(INK)
        label.set_fontweight("bold" if row.head else "normal")
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    right = axes.secondary_yaxis("right")
    right.set_yticks([-float(place) for place in range(len(rows))], [row.told for row in rows])
    right.tick_params(length=0, labelsize=8)
    right.spines["right"].set_visible(False)
    quiet_axes(axes, grid="x")
