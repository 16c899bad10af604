"""A folder of label maps or segmentations: a box around each connected part of a structure."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medopt.errors import MedOptError
from medopt.image import Boxes, Geometry
from medopt.io.annotations.sheet import BoxSheet, ImageBoxes, names_of
from medopt.io.formats import suffixes
from medopt.io.label_maps import read_label_map
from medopt.io.markups import NamedBox
from medopt.io.segmentations import SUFFIXES, read_segmentation

TOUCHING = np.ones((3, 3, 3), bool)
"""Voxels that touch by a face, an edge or a corner are one part."""


def read_masks(folder: str | Path) -> BoxSheet:
    """Boxes around the connected parts of each structure in the files below a folder; LPS mm, along the file's grid.

    A box covers its part's voxels wholly. The class is the name of a segment in a ``.seg.nrrd``, else the value in the
    label map. A file that cannot be read is an error of its own image. Raises MedOptError when there is none.
    """
    folder = Path(folder)
    endings = tuple(suffixes())
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name.lower().endswith(endings))
    if not files:
        raise MedOptError("no label maps", where=folder, expected=f"files that end in {', '.join(endings)}")
    entries: dict[str, ImageBoxes | MedOptError] = {}
    for file in files:
        try:
            entries[file.relative_to(folder).as_posix()] = _read(file)
        except MedOptError as error:
            entries[file.relative_to(folder).as_posix()] = error
    return BoxSheet(entries, names_of(entries))


def _read(file: Path) -> ImageBoxes:
    if not file.name.lower().endswith(SUFFIXES):
        label = read_label_map(file)
        values = np.unique(label.array[label.array != 0]).tolist()
        return ImageBoxes(tuple(box for v in values for box in _boxes(str(v), label.array == v, label.geometry)))
    segmentation = read_segmentation(file)
    found = [_boxes(one.name, segmentation.mask(one), segmentation.geometry) for one in segmentation.segments]
    unjudged = tuple(
        one.name for one, own in zip(segmentation.segments, found, strict=True) if one.unjudged and not own
    )
    return ImageBoxes(tuple(chain.from_iterable(found)), None, unjudged)


def _boxes(name: str, mask: NDArray[np.bool_], geometry: Geometry) -> list[NamedBox]:
    """A box around each part of a mask (k, j, i)."""
    parts, _ = ndimage.label(mask, TOUCHING)
    spans = [[[axis.start, axis.stop] for axis in part] for part in ndimage.find_objects(parts)]
    corners = np.array(spans, float).reshape(-1, 3, 2).transpose(0, 2, 1) - 0.5
    return [NamedBox.of(box, name) for box in Boxes.from_index(corners, [1] * len(corners), geometry).boxes]
