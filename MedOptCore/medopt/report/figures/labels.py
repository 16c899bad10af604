"""Names written at the ends of lines or beside points, in place of a legend, without touching each other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from medopt.report.palette import PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

End = tuple[float, float, str, str]
"""x and y of a line's last point, its name and its colour."""
Pair = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""

GAP = 3.0
"""Between a point and its name, in points of print."""
DISTANCES = (0.0, 8.0, 16.0, 26.0, 38.0, 52.0, 68.0)
"""Further away, where the places beside a point are taken."""
DIRECTIONS = tuple((math.cos(turn * math.pi / 4), math.sin(turn * math.pi / 4)) for turn in (0, 4, 2, 6, 1, 7, 3, 5))
"""Right, left, above, below, and between these."""
LETTER = 0.54
"""Width of a letter over the font's size, on average."""


def label_ends(axes: Axes, ends: Sequence[End], *, apart: float = 0.07) -> None:
    """Write each name right of its line's end; names stand at least ``apart`` of the axes' height from each other."""
    low, high = axes.get_ylim()
    wanted = [(end[1] - low) / (high - low) for end in ends]
    for end, place in zip(ends, spread(wanted, apart), strict=True):
        axes.annotate(
            end[2],
            (1.0, place),
            xycoords="axes fraction",
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=end[3],
            fontsize=8.5,
            annotation_clip=False,
        )


def spread(places: Sequence[float], apart: float) -> list[float]:
    """Places in the given order, moved as little as a sweep can so that neighbours are ``apart`` from each other."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    found = list(places)
    for before, after in pairwise(order):
        found[after] = max(found[after], found[before] + apart)
    shift = sum(found[i] - places[i] for i in order) / max(1, len(order))
    return [place - shift for place in found]


def label_points(axes: Axes, points: Sequence[Pair], radii: Sequence[float], names: Sequence[str], color: str) -> None:
    """Write each name beside its point, away from other points and names; a thin line leads to one that stands apart.

    To be called last, when the limits of the axes are settled. ``radii`` of the points are in points of print.
    """
    size = 8.0
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]  # settles the layout
    scale = 72 / axes.figure.dpi
    anchors = [tuple(scale * value for value in axes.transData.transform(point)) for point in points]
    left, bottom, right, top = (scale * value for value in axes.get_window_extent().extents)
    sizes = [(LETTER * size * len(name), 1.2 * size) for name in names]
    placed = place_names(anchors, radii, sizes, (left, bottom, right, top))
    for point, anchor, radius, name, (x, y), (wide, high) in zip(
        points, anchors, radii, names, placed, sizes, strict=True
    ):
        shift = (x + wide / 2 - anchor[0], y + high / 2 - anchor[1])
        apart = max(abs(shift[0]) - wide / 2, abs(shift[1]) - high / 2) > radius + GAP + 2
        axes.annotate(
            name,
            point,
            xytext=shift,
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=size,
            color=color,
            bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 0.6},  # lines end beside the name
            zorder=1.5,  # above lines, below points
            arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": color, "alpha": 0.5} if apart else None,
        )


def place_names(
    anchors: Sequence[Pair], radii: Sequence[float], sizes: Sequence[Pair], area: Box
) -> list[tuple[float, float]]:
    """Lower left corners of names of ``sizes`` (width, height) beside round points, all in one unit.

    One after another, each takes the nearest place within ``area`` that covers no point and no earlier name, or, when
    there is none, the one that covers least.
    """
    taken: list[Box] = [(x - r, y - r, x + r, y + r) for (x, y), r in zip(anchors, radii, strict=True)]
    found = []
    for anchor, radius, (wide, high) in zip(anchors, radii, sizes, strict=True):
        best, least = (anchor[0], anchor[1], anchor[0] + wide, anchor[1] + high), math.inf
        for x, y in _places(anchor, radius, wide, high):
            box = (x, y, x + wide, y + high)
            covered = sum(_shared(box, other) for other in taken) + wide * high - _shared(box, area)
            if covered < least - 1e-9:
                best, least = box, covered
            if least <= 1e-9:
                break
        taken.append(best)
        found.append((best[0], best[1]))
    return found


def _places(anchor: Pair, radius: float, wide: float, high: float) -> Iterator[tuple[float, float]]:
    """Lower left corners, nearest first."""
    for distance in DISTANCES:
        for right, up in DIRECTIONS:
            reach = radius + GAP + distance
            x, y = anchor[0] + reach * right, anchor[1] + reach * up
            yield x + wide * (round(right, 6) / 2 - 0.5), y + high * (round(up, 6) / 2 - 0.5)


def _shared(one: Box, other: Box) -> float:
    """Area that two boxes share."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)
