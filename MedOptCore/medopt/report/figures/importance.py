"""Which values decided the score of a search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import INK, MUTED, look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from medopt.training.search import Importance

CLEAR = 0.3
"""Rank correlation from which a direction is told."""


def draw_importance(importance: Sequence[Importance], trials: int) -> Drawing | None:
    """A bar a dimension, the most important on top; None when nothing is known. ``trials`` were looked at."""
    if not importance:
        return None
    rows = list(reversed(importance))

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.barh(range(len(rows)), [one.share for one in rows], height=0.6, color=look(1).color)
        for place, one in enumerate(rows):
            text = f"{one.share:.0%}" + direction(one)
            axes.annotate(
                text,
                (one.share, place),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
                color=MUTED,
                annotation_clip=False,
            )
        axes.set_yticks(range(len(rows)), [one.field.replace("_", " ") for one in rows])
        axes.tick_params(axis="y", labelcolor=INK)
        axes.set_xlim(0, max(1e-9, max(one.share for one in rows)) * 1.35)
        axes.set_xticks([])
        quiet_axes(axes)

    return Drawing(
        WIDTH * 0.75,
        0.7 + 0.34 * len(rows),
        paint,
        f"Share of importance over the {trials} trials of the first round (PED-ANOVA, Watanabe et al. 2023): how far "
        "the values of the best fifth differ from those of all. With few trials small shares are chance.",
    )


def direction(one: Importance) -> str:
    """What is better, where the trials agree on it."""
    if one.trend is None or abs(one.trend) < CLEAR:
        return ""
    return ", higher is better" if one.trend > 0 else ", lower is better"
