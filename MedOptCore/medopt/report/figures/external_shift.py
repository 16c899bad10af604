"""How external images differ from those that the model learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.figures.labels import label_ends
from medopt.report.palette import INK, MUTED, look
from medopt.report.record import Record
from medopt.report.text import plain, shorten
from medopt.validation.external.profile import LEVELS
from medopt.validation.external.record import ExternalRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CHANNELS = 3

NEW = look(1).color
"""Colour of what is external."""


def draw(record: Record) -> Drawing | None:
    """Quantile curves of each channel, and the range of spacing and extent; None without shifts."""
    external = record.external
    if external is None or not (external.intensities or external.grids):
        return None
    channels = external.intensities[:MOST_CHANNELS]

    def paint(figure: Figure) -> None:
        panels = list(figure.subplots(1, max(2, len(channels) + 1), squeeze=False).flat)
        for number, axes in enumerate(panels[:-1]):
            if number < len(channels):
                _intensities(axes, external, number)
            else:
                axes.set_axis_off()
        _grids(panels[-1], external)

    return Drawing(
        WIDTH,
        max(3.0, 1.0 + 0.42 * len(external.grids)),
        paint,
        "Left: mean intensities of training and external images after the model's own preprocessing, from the darkest "
        "to the brightest voxel of an image. Right: spacing and extent as a share of training's median; the line runs "
        "from the least to the most, the mark is the median. Grey: training; colour: external.",
    )


def _intensities(axes: Axes, external: ExternalRecord, number: int) -> None:
    shift = external.intensities[number]
    axes.set_title(f"Intensities, {shorten(plain(shift.channel), 18)}")
    across = [100 * float(level) for level in LEVELS]
    axes.plot(across, shift.training, color=MUTED, linewidth=1.8)
    axes.plot(across, shift.external, color=NEW, linewidth=1.8)
    axes.set_xlabel("% of the voxels")
    quiet_axes(axes, grid="y")
    ends = [(across[-1], shift.training[-1], "training", MUTED), (across[-1], shift.external[-1], "external", NEW)]
    label_ends(axes, ends)


def _grids(axes: Axes, external: ExternalRecord) -> None:
    axes.set_title("Grid, share of training's median")
    names = []
    for place, row in enumerate(external.grids):
        middle = row.training[0]
        names.append(row.name.removesuffix(" (mm)"))
        for values, color, offset in ((row.training, MUTED, 0.14), (row.external, NEW, -0.14)):
            median, low, high = (value / middle for value in values)
            axes.plot([low, high], [offset - place] * 2, color=color, linewidth=1.8, solid_capstyle="butt")
            axes.plot([median], [offset - place], marker="o", markersize=5, color=color, markeredgewidth=0)
    axes.axvline(1, color=MUTED, linewidth=0.8, linestyle=(0, (1, 2)))
    axes.set_yticks([-float(place) for place in range(len(names))], names)
    for label in axes.get_yticklabels():
        label.set_color(INK)
    axes.set_ylim(-len(names) + 0.4, 0.6)
    quiet_axes(axes, grid="x")
