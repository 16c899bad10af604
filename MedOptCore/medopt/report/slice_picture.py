"""One slice of an image as SVG: grey voxels as PNG inside, letters at the edges, a scale bar, and what lies on it."""

from __future__ import annotations

import base64
from html import escape

import numpy as np
from numpy.typing import NDArray

from medopt.image import Image
from medopt.report.planes import View
from medopt.report.png import grey_png

_FINEST = 1024
"""Largest side of a picture in pixels."""

_LUMA = (0.299, 0.587, 0.114)
"""Of red, green and blue (ITU-R BT.601)."""


def shown_voxels(image: Image) -> NDArray:
    """(k, j, i) what is shown of an image: its first channel, or the brightness of one in colour."""
    if image.channels == 3 and image.array.dtype == np.uint8:
        return np.tensordot(np.array(_LUMA, np.float32), image.array, 1)
    return np.asarray(image.array[0])


def slice_svg(view: View, grey: NDArray, overlay: str, scale: float, window: tuple[float, float]) -> str:
    """The inside of an SVG element of ``scale`` units a mm.

    Parameters
    ----------
    view : which way is up
    grey : (down, right) voxels, upright
    overlay : markup of what lies on the picture, which a reader can hide
    window : values that are black and white
    """
    down, right = view.spacing[0] * scale, view.spacing[1] * scale
    height, width = grey.shape[0] * down, grey.shape[1] * right
    picture = base64.b64encode(grey_png(to_grey(grey, down, right, window))).decode("ascii")
    left_letter, right_letter, top_letter, bottom_letter = view.letters
    bar = next(mm for mm in (50, 20, 10, 5, 2, 1) if mm * scale <= 0.3 * width or mm == 1)
    letters = (
        (7, height / 2 + 4, "start", left_letter),
        (width - 7, height / 2 + 4, "end", right_letter),
        (width / 2, 15, "middle", top_letter),
        (width / 2, height - 7, "middle", bottom_letter),
    )
    return (
        f'<rect width="{width:.1f}" height="{height:.1f}" fill="#000"/>'
        f'<image width="{width:.1f}" height="{height:.1f}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{picture}"/>'
        f'<g class="outlines">{overlay}</g><g class="case-text">'
        + "".join(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{a}">{escape(t)}</text>' for x, y, a, t in letters)
        + f'<text x="7" y="15" class="quiet">{view.plane}</text>'
        + f'<path class="bar" d="M{width - 8:.1f} {height - 8:.1f}h{-bar * scale:.1f}"/>'
        + f'<text x="{width - 8:.1f}" y="{height - 13:.1f}" text-anchor="end" class="quiet">{bar} mm</text></g>'
    )


def to_grey(values: NDArray, down: float, right: float, window: tuple[float, float]) -> NDArray[np.uint8]:
    """Windowed to 0…255 and enlarged by cubic interpolation to about one pixel a user unit, voxel edges kept; a
    picture larger than 1024 pixels is made smaller.
    """
    from scipy import ndimage

    low, high = window
    scaled = np.clip((values.astype(np.float32) - low) / max(high - low, 1e-6), 0, 1)
    factors = [min(max(1.0, step), _FINEST / n) for step, n in zip((down, right), values.shape, strict=True)]
    if min(factors) < 1:
        scaled = ndimage.gaussian_filter(scaled, [max(0.0, 0.4 / f - 0.4) for f in factors])
    large = ndimage.zoom(scaled, factors, order=3, mode="nearest", grid_mode=True)
    return np.rint(255 * np.clip(large, 0, 1)).astype(np.uint8)
