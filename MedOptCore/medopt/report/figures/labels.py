"""Names written at the ends of lines, in place of a legend, without touching each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

End = tuple[float, float, str, str]
"""x and y of a line's last point, its name and its colour."""


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
