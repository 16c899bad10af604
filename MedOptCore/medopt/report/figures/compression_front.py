"""Smaller models beside the one that they were made of: latency, score and size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medopt.compression.chain.front import outline
from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.figures.labels import label_points
from medopt.report.palette import INK, LINE, MUTED, look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST = 420.0
"""Area of the largest model's point, in square points of print."""
SMALLEST = 14.0


@dataclass(frozen=True)
class FrontPoint:
    """A model.

    Parameters
    ----------
    label : beside its point
    latency_ms, score, bytes : where and how large it is drawn
    on_front : whether no other model beats it in latency, size and score at once
    is_reference : the teacher or the control
    is_taken : the model that was chosen
    """

    label: str
    latency_ms: float
    score: float
    bytes: int
    on_front: bool = False
    is_reference: bool = False
    is_taken: bool = False


def draw_front(points: Sequence[FrontPoint], score: str, cases: int, demanded: float | None = None) -> Drawing:
    """Score against latency; areas of points are proportional to the bytes of the models.

    ``score`` is its title, ``cases`` its n, ``demanded`` the score that the estimate of a model must reach.
    """

    def paint(figure: Figure) -> None:
        from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

        axes = figure.subplots()
        front = outline(points)
        axes.plot([p.latency_ms for p in front], [p.score for p in front], color=LINE, linewidth=1.2, zorder=1)
        if demanded is not None:
            axes.axhline(demanded, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
        most = max((p.bytes for p in points), default=1)
        shown = sorted(points, key=lambda p: (not p.is_taken, not p.on_front))  # the first is named where it likes
        areas = [max(SMALLEST, LARGEST * point.bytes / most) for point in shown]
        for point, area in zip(shown, areas, strict=True):
            style = look(1 if point.is_reference else 0)
            axes.scatter(
                [point.latency_ms],
                [point.score],
                s=area,
                marker=style.marker,
                color=style.color,
                alpha=0.8 if point.on_front or point.is_reference or point.is_taken else 0.4,
                edgecolors=INK if point.is_taken else style.color,
                linewidths=2.0 if point.is_taken else 0.6,
                zorder=2,
            )
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("milliseconds a patch")
        axes.set_ylabel(f"{score} of {cases} validation cases")
        axes.margins(0.12, 0.12)
        quiet_axes(axes, grid="both")
        label_points(
            axes,
            [(point.latency_ms, point.score) for point in shown],
            [math.sqrt(area) / 2 for area in areas],
            [f"{point.label} (taken)" if point.is_taken else point.label for point in shown],
            INK,
        )

    return Drawing(
        WIDTH,
        5.2,
        paint,
        "Models of one request for compression. Areas are proportional to the models' bytes; squares are teacher and "
        "control, which others are compared with; the line joins models that no other one beats in latency and score, "
        "pale are those that another one beats in latency, size and score at once; the dashed line is the score that "
        "an estimate must reach; a dark rim marks the model that was taken.",
    )
