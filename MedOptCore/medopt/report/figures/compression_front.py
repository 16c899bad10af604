"""Smaller models beside the one that they were made of: latency, score and size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
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
    on_front : whether no other model beats it in everything
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
        front = sorted((p.latency_ms, p.score) for p in points if p.on_front)
        axes.plot([x for x, _ in front], [y for _, y in front], color=LINE, linewidth=1.2, zorder=1)
        if demanded is not None:
            axes.axhline(demanded, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
        most = max((p.bytes for p in points), default=1)
        for number, point in enumerate(sorted(points, key=lambda p: p.latency_ms)):
            style = look(1 if point.is_reference else 0)
            axes.scatter(
                [point.latency_ms],
                [point.score],
                s=max(SMALLEST, LARGEST * point.bytes / most),
                marker=style.marker,
                color=style.color,
                alpha=0.75,
                edgecolors=INK if point.is_taken else style.color,
                linewidths=2.0 if point.is_taken else 0.6,
                zorder=2,
            )
            text = f"{point.label} (taken)" if point.is_taken else point.label
            axes.annotate(
                text,
                (point.latency_ms, point.score),
                xytext=(7, -14 if number % 2 else 6),  # neighbours are often alike: teacher and control
                textcoords="offset points",
                fontsize=8,
                color=INK,
            )
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("milliseconds a patch")
        axes.set_ylabel(f"{score} of {cases} validation cases")
        axes.margins(0.12, 0.12)
        quiet_axes(axes, grid="both")

    return Drawing(
        WIDTH,
        5.2,
        paint,
        "Models of one request for compression. Areas are proportional to the models' bytes; squares are teacher and "
        "control, which others are compared with; the line joins models that no other one beats in latency, size "
        "and score at once; the dashed line is the score that an estimate must reach; a dark rim marks the model "
        "that was taken.",
    )
