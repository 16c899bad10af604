"""Labels of detection: Slicer's markups format, one ROI a box, with the names and colours of the project's classes."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import Box, Boxes, Geometry
from medopt.io.markups import SUFFIX, NamedBox, read_markup_boxes, write_markup_boxes
from medopt.project.label_kind import LabelContent, LabelKind

EDGE = 1e-3
"""Voxels by which a box may reach over the edge of its image without being cut."""

SAME = 1e-3
"""mm; boxes whose faces all lie closer are one box."""


class BoxLabels(LabelKind[Boxes]):
    """Boxes in ``.mrk.json`` files, LPS mm. What nobody looked for stands beside the list of markups."""

    type = Boxes
    suffix = SUFFIX
    unit = "boxes"

    def check(self, label: Boxes, geometry: Geometry, where: str) -> Boxes:
        """The boxes, cut to the image; MedOptError for unknown classes and for a box that lies outside the image.

        In an image of one slice each box gets the slice's thickness. Boxes that are turned against the grid are
        kept as they are.
        """
        self.refuse_other_kind(label, where)
        self.refuse_unknown(set(label.values()) | set(label.unjudged), where)
        kept = []
        for box in label.boxes:
            cut = cut_to_image(box, geometry)
            if cut is None:
                raise MedOptError(
                    "a box lies outside the image",
                    where=where,
                    expected=f"a box within {geometry.shape} voxels (k, j, i)",
                    found=f"{self.names.name(box.value)} around LPS ({', '.join(f'{x:.1f}' for x in box.center)})",
                    remedy="Move the box into the image, or delete it",
                )
            kept.append(cut)
        return Boxes(tuple(kept), tuple(sorted(set(label.unjudged))))

    def write(self, label: Boxes, path: Path) -> None:
        """Write the boxes with the names and colours of their classes."""
        colors = {info.value: info.color for info in self.settings.classes}
        boxes = [NamedBox.of(box, self.names.name(box.value), colors[box.value]) for box in label.boxes]
        write_markup_boxes(boxes, path, unjudged=[self.names.name(value) for value in label.unjudged])

    def read(self, path: Path, geometry: Geometry) -> Boxes:
        """The boxes of a file, by the names of their classes."""
        found = read_markup_boxes(path)
        try:
            boxes = tuple(one.with_value(self.names.value(one.name, path, numbered=True)) for one in found.boxes)
            return Boxes(boxes, tuple(sorted(self.names.value(name, path) for name in found.unjudged)))
        except MedOptError as error:
            if error.where is not None:
                raise
            raise MedOptError(error.problem, where=path, expected=error.expected, found=error.found) from None

    def content(self, label: Boxes) -> LabelContent:
        """Classes and their boxes."""
        count = Counter(box.value for box in label.boxes)
        values = tuple(sorted(count))
        return LabelContent(values, tuple(count[value] for value in values), label.unjudged)

    def sha256(self, label: Boxes) -> str:
        """SHA-256 of classes and faces, whatever the order of the boxes."""
        content = [sorted(map(list, _keys(label))), list(label.unjudged)]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def changes(self, before: Boxes, after: Boxes) -> int:
        """Boxes that were added, deleted, moved or given another class; a moved one counts once."""
        first, second = Counter(_keys(before)), Counter(_keys(after))
        return max((first - second).total(), (second - first).total())


def cut_to_image(box: Box, geometry: Geometry) -> Box | None:
    """``box`` without what reaches over the image's outer voxel edges; None when nothing is left.

    In an image of one slice the box gets exactly the slice's thickness. A box that is turned against the grid is
    returned as it is if it meets the image.
    """
    low, high = Boxes((box,)).to_index(geometry)[0]
    first, last = np.full(3, -0.5), np.asarray(geometry.shape) - 0.5
    new_low, new_high = np.maximum(low, first), np.minimum(high, last)
    if geometry.is_2d and _overlaps(low[0], high[0]):
        new_low[0], new_high[0] = -0.5, 0.5
    if not (new_high - new_low > EDGE).all():
        return None
    apart = max(float(np.abs(new_low - low).max()), float(np.abs(new_high - high).max()))
    if apart <= EDGE or not _is_upright(box, geometry):
        return box
    return Boxes.from_index(
        np.stack([new_low, new_high])[None], [box.value], geometry, scores=None if box.score is None else [box.score]
    ).boxes[0]


def _overlaps(low: float, high: float) -> bool:
    return low < 0.5 and high > -0.5


def _is_upright(box: Box, geometry: Geometry) -> bool:
    """True when each axis of the box runs along one of the grid."""
    cosines = np.abs(np.asarray(geometry.direction).T @ np.asarray(box.axes, float))
    return bool(np.allclose(cosines.max(axis=0), 1, atol=1e-6))


def _keys(label: Boxes) -> list[tuple[int, ...]]:
    """Value, and centre and corners in steps of ``SAME``, of each box: equal for equal boxes."""
    return [(box.value, *_rounded(box.center), *_rounded(_sorted(box.corners))) for box in label.boxes]


def _rounded(numbers: NDArray | tuple[float, ...]) -> list[int]:
    return [int(n) for n in np.rint(np.asarray(numbers, float).ravel() / SAME)]


def _sorted(corners: NDArray) -> NDArray:
    steps = np.rint(corners / SAME)
    return corners[np.lexsort(steps.T)]
