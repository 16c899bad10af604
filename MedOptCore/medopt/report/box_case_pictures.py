"""Cases with their boxes as pictures: what should be found, what was, what was missed, and what is false."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import Boxes, Geometry, Image
from medopt.io.markups import read_markup_boxes
from medopt.project import Project
from medopt.report.planes import View, views
from medopt.report.record import Record
from medopt.report.slice_picture import shown_voxels, slice_svg
from medopt.report.text import number
from medopt.validation import BoxCase
from medopt.validation.ranking import OPERATING_SCORE

WIDTH, GAP = 960.0, 14.0
"""User units of a row of pictures, and between two of them."""
TALLEST = 460.0
"""Largest height of a row in user units."""

LINES = (
    ("reference, found", "solid"),
    ("reference, missed", "missed"),
    ("prediction, right", "dashed"),
    ("prediction, false", "false"),
)
"""Name and class in style.css of each kind of line."""


@dataclass(frozen=True)
class DrawnBox:
    """One box on the picture.

    Parameters
    ----------
    corners : (2, 3) lower and upper (k, j, i)
    kind : "reference", "missed", "prediction" or "false", as style.css calls the line
    color : ``#rrggbb`` of its class
    score : None for a box of the reference
    """

    corners: NDArray[np.float64]
    kind: str
    color: str
    score: float | None = None


def read_boxes(project: Project, record: Record, case: BoxCase) -> tuple[Image, list[DrawnBox]]:
    """The image of a case and its boxes: all of the reference, predicted ones that score at least the threshold.

    Raises MedOptError when image, label or prediction is missing or unreadable.
    """
    image, reference = project.read_image(case.case), project.read_label(case.case)
    path = record.prediction_path(case.case)
    if not path.is_file():
        raise MedOptError("the prediction is missing", where=case.case, remedy="Validate the run again")
    values = {info.name: info.value for info in record.structures}
    predicted = Boxes(tuple(box.with_value(values.get(box.name, 0)) for box in read_markup_boxes(path).boxes))
    there, said = _corners(reference, image.geometry), _corners(predicted, image.geometry)
    found = []
    for box in case.boxes:
        color = record.look_of(box.structure).color
        sure = box.score is None or box.score >= OPERATING_SCORE
        if box.reference is not None and box.reference < len(there):
            kind = "reference" if box.outcome == "found" and sure else "missed"
            found.append(DrawnBox(there[box.reference], kind, color))
        if box.predicted is not None and box.predicted < len(said) and sure:
            kind = "prediction" if box.outcome == "found" else "false"
            found.append(DrawnBox(said[box.predicted], kind, color, box.score))
    return image, found


def draw_box_case(image: Image, boxes: Sequence[DrawnBox], title: str) -> str:
    """An SVG element: the whole image, or the axial, coronal and sagittal slice through the box that tells most.

    That is the first missed one, else the surest false one, else the first one; without boxes the middle.
    """
    voxels = shown_voxels(image)
    order = {"missed": 0, "false": 1, "reference": 2, "prediction": 3}
    telling = min(boxes, key=lambda box: (order[box.kind], -(box.score or 0)), default=None)
    middle = (np.asarray(voxels.shape) - 1) / 2 if telling is None else telling.corners.mean(axis=0)
    through = np.clip(np.rint(middle).astype(int), 0, np.asarray(voxels.shape) - 1)
    cuts = [(view, view.cut(voxels, int(through[view.axis]))) for view in views(image.geometry)]
    sizes = [(cut.shape[0] * view.spacing[0], cut.shape[1] * view.spacing[1]) for view, cut in cuts]
    scale = (WIDTH - GAP * (len(cuts) - 1)) / sum(width for _, width in sizes)
    scale = min(scale, TALLEST / max(height for height, _ in sizes))
    low, high = np.percentile(np.concatenate([cut.ravel() for _, cut in cuts]).astype(float), (0.5, 99.5))
    parts, left = [], 0.0
    for (view, cut), (height, width) in zip(cuts, sizes, strict=True):
        lines = "".join(_rectangle(box, view, cut.shape, int(through[view.axis]), scale) for box in boxes)
        parts.append(
            f'<svg x="{left:.1f}" width="{scale * width:.1f}" height="{scale * height:.1f}" '
            f'viewBox="0 0 {scale * width:.1f} {scale * height:.1f}">'
            + slice_svg(view, cut, lines, scale, (float(low), float(high)))
            + "</svg>"
        )
        left += scale * width + GAP
    tallest = scale * max(height for height, _ in sizes)
    return (
        f'<svg class="case" viewBox="0 0 {WIDTH:g} {tallest:.1f}" role="img" aria-label="{escape(title, quote=True)}">'
        + "".join(parts)
        + "</svg>"
    )


def _corners(boxes: Boxes, geometry: Geometry) -> NDArray[np.float64]:
    corners = boxes.to_index(geometry)
    if geometry.is_2d:
        corners[:, :, 0] = (-0.5, 0.5)
    return corners


def _rectangle(box: DrawnBox, view: View, shape: tuple[int, ...], index: int, scale: float) -> str:
    """The box where the slice cuts it; "" where it does not."""
    lower, upper = box.corners
    if not lower[view.axis] <= index <= upper[view.axis]:
        return ""
    y, x = (
        sorted((n - 0.5 - end if flip else end + 0.5) * step * scale for end in (lower[axis], upper[axis]))
        for axis, flip, n, step in (
            (view.down, view.flip_down, shape[0], view.spacing[0]),
            (view.right, view.flip_right, shape[1], view.spacing[1]),
        )
    )
    path = f"M{x[0]:.1f} {y[0]:.1f}H{x[1]:.1f}V{y[1]:.1f}H{x[0]:.1f}Z"
    text = ""
    if box.score is not None:
        text = f'<text class="tag" x="{x[0] + 3:.1f}" y="{max(y[0] - 4, 12):.1f}">{number(box.score, 2)}</text>'
    kind = f"box {box.kind}"
    return f'<path class="case-edge {kind}" d="{path}"/><path class="{kind}" d="{path}" stroke="{box.color}"/>{text}'
