"""Classified cases as pictures: slices through the middle, and beside them how sure the model is of each class."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from medopt.image import Image
from medopt.report.planes import views
from medopt.report.record import Record
from medopt.report.slice_picture import shown_voxels, slice_svg
from medopt.report.text import number, plain, shorten
from medopt.validation import ClassCase

WIDTH, GAP = 960.0, 14.0
"""User units of a row, and between its parts."""
BARS = 360.0
"""User units of the bars at its right end."""
TALLEST = 220.0
"""Largest height of the slices."""
ROW = 24.0
"""Height of a bar and the space around it."""
MOST_BARS = 10
"""Classes that have a bar: the surest, and those that are there."""


def draw_class_case(record: Record, image: Image, case: ClassCase, title: str) -> str:
    """An SVG element; slices at one number of units a mm, the 0.5th to 99.5th percentile from black to white."""
    voxels = shown_voxels(image)
    cuts = [(view, view.cut(voxels, voxels.shape[view.axis] // 2)) for view in views(image.geometry)]
    sizes = [(cut.shape[0] * view.spacing[0], cut.shape[1] * view.spacing[1]) for view, cut in cuts]
    room = WIDTH - BARS - GAP * len(cuts)
    scale = min(room / sum(width for _, width in sizes), TALLEST / max(height for height, _ in sizes))
    low, high = np.percentile(np.concatenate([cut.ravel() for _, cut in cuts]).astype(float), (0.5, 99.5))
    parts, left = [], 0.0
    for (view, cut), (height, width) in zip(cuts, sizes, strict=True):
        parts.append(
            f'<svg x="{left:.1f}" width="{scale * width:.1f}" height="{scale * height:.1f}" '
            f'viewBox="0 0 {scale * width:.1f} {scale * height:.1f}">'
            + slice_svg(view, cut, "", scale, (float(low), float(high)))
            + "</svg>"
        )
        left += scale * width + GAP
    names = _shown(case)
    tallest = max(scale * max(height for height, _ in sizes), ROW * len(names) + 8)
    parts.append(f'<g transform="translate({left + GAP:.1f} 4)">{_bars(record, case, names)}</g>')
    return (
        f'<svg class="case" viewBox="0 0 {WIDTH:g} {tallest:.1f}" role="img" aria-label="{escape(title, quote=True)}">'
        + "".join(parts)
        + "</svg>"
    )


def _shown(case: ClassCase) -> Sequence[str]:
    """Names of the classes that have a bar, in their own order."""
    surest = sorted(case.probabilities, key=lambda name: (name not in case.present, -case.probabilities[name]))
    return [name for name in case.probabilities if name in surest[:MOST_BARS]]


def _bars(record: Record, case: ClassCase, names: Sequence[str]) -> str:
    lines = []
    for place, name in enumerate(names):
        p, y = case.probabilities[name], place * ROW
        there = name in case.present
        kind = "fact strong" if there else "fact"
        note = "reference" if there else "not judged" if name in case.unjudged else ""
        lines.append(
            f'<text class="{kind}" x="0" y="{y + 14:.1f}">{escape(shorten(plain(name), 16))}</text>'
            f'<rect class="track" x="118" y="{y + 3:.1f}" width="120" height="14"/>'
            f'<rect x="118" y="{y + 3:.1f}" width="{120 * p:.1f}" height="14" fill="{record.look_of(name).color}"/>'
            f'<text class="{kind}" x="246" y="{y + 14:.1f}">{number(p, 2)}</text>'
            f'<text class="fact soft" x="282" y="{y + 14:.1f}">{note}</text>'
        )
    return "".join(lines)
