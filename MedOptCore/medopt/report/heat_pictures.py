"""Maps of what speaks for a class, laid over slices of their cases: a montage with its colour legend."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from medopt.image import Image
from medopt.image.heat_colors import heat_colors, heat_opacity
from medopt.report.case_pictures import outline
from medopt.report.planes import View, views
from medopt.report.png import color_png
from medopt.report.slice_picture import shown_voxels, slice_svg
from medopt.report.text import plain, shorten

WIDTH, GAP = 960.0, 12.0
"""User units of a row, and between pictures."""
ACROSS = 4
"""Cases a row of the montage; each is the image alone and, below it, with the map."""
TALLEST = 300.0
"""Largest height of a picture in user units."""
CAPTION = 22.0
"""Height of the line above a pair of pictures."""
LEGEND = 60.0
"""Height of the colour legend."""
VEIL = 0.5
"""Opacity of the map where it is largest, so that the image can still be seen."""


@dataclass(frozen=True, eq=False)
class Tile:
    """One map of the montage.

    Parameters
    ----------
    title : above the pictures
    image : the case
    heat : (k, j, i) per cent of the map's largest value, on the image's grid
    region : (k, j, i) where the reference shows the class, whose outline is drawn; None without one
    color : of the outline, ``#rrggbb``
    """

    title: str
    image: Image
    heat: NDArray[np.uint8]
    region: NDArray[np.bool_] | None = None
    color: str = "#ffffff"


def draw_montage(tiles: Sequence[Tile], label: str) -> str:
    """An SVG element: for each tile the slice that holds the map's largest value, alone and under the map.

    Slices are cut along the axis of the grid whose voxels are longest, upright and at true proportions. ``label`` is
    read out by screen readers.
    """
    width = (WIDTH - GAP * (ACROSS - 1)) / ACROSS
    parts, top = [_legend()], LEGEND
    for first in range(0, len(tiles), ACROSS):
        row = tiles[first : first + ACROSS]
        cuts = [_cut(tile) for tile in row]
        scales = [min(width / (c.grey.shape[1] * c.view.spacing[1]), TALLEST / _height_mm(c)) for c in cuts]
        tallest = max(scale * _height_mm(cut) for scale, cut in zip(scales, cuts, strict=True))
        for place, (tile, cut, scale) in enumerate(zip(row, cuts, scales, strict=True)):
            left = place * (width + GAP)
            title = escape(shorten(plain(tile.title), 34))
            parts.append(f'<text class="fact" x="{left:.1f}" y="{top + 14:.1f}">{title}</text>')
            for below, overlay in enumerate(("", _overlay(tile, cut, scale))):
                y = top + CAPTION + below * (tallest + 4)
                parts.append(_placed(cut, overlay, scale, left, y))
        top += CAPTION + 2 * (tallest + 4) + GAP
    name = escape(label, quote=True)
    return f'<svg class="case" viewBox="0 0 {WIDTH:g} {top:.1f}" role="img" aria-label="{name}">{"".join(parts)}</svg>'


def _legend() -> str:
    """The colours of a map over a mid grey, from 0 to 100 % of its largest value."""
    stops = np.linspace(0, 1, 21)
    colors, opacity = np.rint(255 * heat_colors(stops)).astype(int), VEIL * heat_opacity(stops)
    gradient = "".join(
        f'<stop offset="{share:.2f}" stop-color="#{r:02x}{g:02x}{b:02x}" stop-opacity="{alpha:.2f}"/>'
        for share, (r, g, b), alpha in zip(stops, colors, opacity, strict=True)
    )
    ticks = "".join(
        f'<text class="fact" x="{20 + 3.6 * percent:.0f}" y="40" text-anchor="middle">{percent} %</text>'
        for percent in (0, 25, 50, 75, 100)
    )
    return (
        f'<defs><linearGradient id="heat">{gradient}</linearGradient></defs>'
        '<rect x="20" y="4" width="360" height="18" fill="#777"/>'
        f'<rect x="20" y="4" width="360" height="18" fill="url(#heat)"/>{ticks}'
        '<text class="fact" x="400" y="18">of the largest value of each map</text>'
    )


@dataclass(frozen=True, eq=False)
class _Cut:
    view: View
    grey: NDArray
    heat: NDArray[np.uint8]
    region: NDArray[np.bool_] | None
    window: tuple[float, float]


def _height_mm(cut: _Cut) -> float:
    return cut.grey.shape[0] * cut.view.spacing[0]


def _cut(tile: Tile) -> _Cut:
    geometry = tile.image.geometry
    longest = int(np.argmax(geometry.spacing)) if not geometry.is_2d else 0
    view = next(view for view in views(geometry) if view.axis == longest)
    peak = np.unravel_index(int(tile.heat.argmax()), tile.heat.shape)
    index = int(peak[view.axis]) if tile.heat.any() else tile.heat.shape[view.axis] // 2
    grey = view.cut(shown_voxels(tile.image), index)
    low, high = np.percentile(grey.astype(float), (0.5, 99.5))
    region = None if tile.region is None else view.cut(tile.region, index)
    return _Cut(view, grey, view.cut(tile.heat, index), region, (float(low), float(high)))


def _overlay(tile: Tile, cut: _Cut, scale: float) -> str:
    down, right = cut.view.spacing[0] * scale, cut.view.spacing[1] * scale
    shares = cut.heat / 100
    alpha = VEIL * heat_opacity(shares)
    picture = np.rint(255 * np.concatenate([heat_colors(shares), alpha[..., None]], axis=-1)).astype(np.uint8)
    data = base64.b64encode(color_png(picture)).decode("ascii")
    height, width = cut.grey.shape[0] * down, cut.grey.shape[1] * right
    markup = (
        f'<image width="{width:.1f}" height="{height:.1f}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{data}"/>'
    )
    path = "" if cut.region is None else outline(cut.region, down, right)
    if path:
        markup += f'<path class="case-edge reference" d="{path}"/>'
        markup += f'<path class="reference" d="{path}" stroke="{tile.color}"/>'
    return markup


def _placed(cut: _Cut, overlay: str, scale: float, left: float, top: float) -> str:
    width, height = cut.grey.shape[1] * cut.view.spacing[1] * scale, _height_mm(cut) * scale
    return (
        f'<svg x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'viewBox="0 0 {width:.1f} {height:.1f}">{slice_svg(cut.view, cut.grey, overlay, scale, cut.window)}</svg>'
    )
