"""Loss against learning rate, as a range test found it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import INK, LINE, MUTED, look

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_range_test(
    rates: Sequence[float], losses: Sequence[float], smoothed: Sequence[float], suggestion: float | None, used: float
) -> Drawing:
    """The curve; a line marks the suggested rate, a dotted one the rate that the recipe has now."""

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.plot(rates, losses, color=LINE, linewidth=0.9)
        axes.plot(rates, smoothed, color=INK, linewidth=1.8)
        axes.set_xscale("log")
        axes.set_xlabel("learning rate")
        axes.set_title("Loss on augmented training patches")
        axes.axvline(used, color=MUTED, linewidth=1, linestyle=(0, (1, 2)))
        axes.annotate(f"recipe {used:g}", (used, 1), xycoords=("data", "axes fraction"), fontsize=8, color=MUTED)
        if suggestion is not None:
            color = look(1).color
            axes.axvline(suggestion, color=color, linewidth=1.4)
            text, place = f"suggested {suggestion:g}", (suggestion, 0.94)
            axes.annotate(text, place, xycoords=("data", "axes fraction"), fontsize=8, color=color)
        quiet_axes(axes, grid="y")

    return Drawing(
        WIDTH * 0.75,
        3.4,
        paint,
        "Learning-rate range test (Smith 2017): the rate rises by equal factors from step to step. Grey: loss of each "
        "step; black: its moving average.",
    )
