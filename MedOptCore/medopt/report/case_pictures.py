"""Cases as pictures: three slices through the structures with the outlines of reference and prediction.

The pictures are SVG written here: grey voxels as PNG inside, outlines as paths, so that they stay sharp in print and
a reader can hide the outlines by pointing at a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import Image, LabelMap
from medopt.io import read_segmentation
from medopt.project import Project
from medopt.report.planes import View, best_slice, views
from medopt.report.record import Record, StructureInfo
from medopt.report.slice_picture import shown_voxels, slice_svg

MARGIN_MM = 10.0
"""Least room around the structures; with it go three tenths of their size."""

WIDTH, GAP = 960.0, 14.0
"""User units of a row of pictures, and between two of them."""

TALLEST = 400.0
"""Largest height of a row in user units."""


@dataclass(frozen=True, eq=False)
class CaseVolumes:
    """A case with its two labels on one grid."""

    image: Image
    reference: LabelMap
    prediction: LabelMap


def read_case(project: Project, record: Record, case: str) -> CaseVolumes:
    """Image and reference from the project, prediction from the run.

    Raises MedOptError when one of them is missing, unreadable or on another grid.
    """
    image = project.read_image(case)
    reference = project.read_label(case)
    path = record.prediction_path(case)
    if not path.is_file():
        raise MedOptError("the prediction is missing", where=case, remedy="Validate the run again")
    segmentation = read_segmentation(path)
    if not segmentation.geometry.is_close(image.geometry):
        segmentation = segmentation.on_grid(image.geometry)
    prediction = segmentation.to_label_map({s.name: s.value for s in record.structures}, where=case)
    return CaseVolumes(image, reference, prediction)


def draw_case(volumes: CaseVolumes, structures: Sequence[StructureInfo], title: str) -> str:
    """An SVG element: the axial, coronal and sagittal slice side by side, all at the same number of units a mm.

    Parameters
    ----------
    volumes : the case; the first channel (or the brightness of colours) is shown, its 0.5th to 99.5th percentile from
        black to white
    structures : what is outlined: the reference by a solid line, the prediction by a dashed one
    title : read out by screen readers
    """
    reference, prediction = volumes.reference.array, volumes.prediction.array
    panels: list[tuple[View, NDArray, NDArray, NDArray]] = []
    for view in views(volumes.image.geometry):
        index = best_slice(reference, prediction, view.axis)
        region = _region(view, (reference > 0) | (prediction > 0))
        grey, known, found = (
            view.cut(array, index)[region] for array in (shown_voxels(volumes.image), reference, prediction)
        )
        panels.append((view, grey, known, found))
    sizes = [(cut.shape[0] * view.spacing[0], cut.shape[1] * view.spacing[1]) for view, cut, _, _ in panels]
    scale = (WIDTH - GAP * (len(panels) - 1)) / sum(width for _, width in sizes)
    scale = min(scale, TALLEST / max(height for height, _ in sizes))
    low, high = np.percentile(np.concatenate([cut.ravel() for _, cut, _, _ in panels]).astype(float), (0.5, 99.5))
    parts, left = [], 0.0
    tallest = scale * max(height for height, _ in sizes)
    for (view, grey, known, found), (height, width) in zip(panels, sizes, strict=True):
        parts.append(
            f'<svg x="{left:.1f}" width="{scale * width:.1f}" height="{scale * height:.1f}" '
            f'viewBox="0 0 {scale * width:.1f} {scale * height:.1f}">'
            + _panel(view, grey, known, found, structures, scale, (float(low), float(high)))
            + "</svg>"
        )
        left += scale * width + GAP
    return (
        f'<svg class="case" viewBox="0 0 {WIDTH:g} {tallest:.1f}" role="img" aria-label="{escape(title, quote=True)}">'
        + "".join(parts)
        + "</svg>"
    )


def _region(view: View, structures: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Rows and columns of the view that hold the structures of the whole volume with room around; all without any."""
    seen = view.turn(np.asarray(structures.any(axis=view.axis)))
    if not seen.any():
        return slice(None), slice(None)
    spans = []
    for along, spacing in ((1, view.spacing[0]), (0, view.spacing[1])):
        where = np.flatnonzero(seen.any(axis=along))
        room = int(np.ceil(max(MARGIN_MM / spacing, 0.3 * (where[-1] - where[0] + 1))))
        spans.append(slice(max(0, int(where[0]) - room), int(where[-1]) + room + 1))
    return spans[0], spans[1]


def _panel(
    view: View,
    grey: NDArray,
    reference: NDArray,
    prediction: NDArray,
    structures: Sequence[StructureInfo],
    scale: float,
    window: tuple[float, float],
) -> str:
    down, right = view.spacing[0] * scale, view.spacing[1] * scale
    lines = []
    for label, kind in ((reference, "reference"), (prediction, "prediction")):
        for info in structures:
            path = outline(label == info.value, down, right)
            if path:
                lines.append(f'<path class="case-edge {kind}" d="{path}"/>')
                lines.append(f'<path class="{kind}" d="{path}" stroke="{info.look.color}"/>')
    return slice_svg(view, grey, "".join(lines), scale, window)


def outline(mask: NDArray[np.bool_], down: float, right: float) -> str:
    """The boundary of a mask (row, column) as an SVG path; ``down`` and ``right`` are units a pixel; "" when empty.

    The line runs half-way between the centres of inside and outside pixels (marching squares); a mask that reaches the
    edge of the picture is closed along it.
    """
    from contourpy import contour_generator

    if not mask.any():
        return ""
    padded = np.pad(mask, 1).astype(np.float64)
    path = []
    for line in contour_generator(z=padded).lines(0.5):
        corners = np.asarray(line, dtype=float)  # (corner, 2), column before row
        x, y = (corners[:, 0] - 0.5) * right, (corners[:, 1] - 0.5) * down
        path.append("M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x[:-1], y[:-1], strict=True)) + "Z")
    return "".join(path)
