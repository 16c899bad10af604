"""Label files: Slicer's segmentation format, with the names, values and colours of the project's classes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from medopt.errors import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.io import Segment, Segmentation, fit_label_map, read_label_map, read_segmentation, write_segmentation
from medopt.project.images import describe_grid
from medopt.project.settings import ProjectSettings

SUFFIX = ".seg.nrrd"
"""The ending of label files."""


def check_label(label: LabelMap, geometry: Geometry, settings: ProjectSettings, where: str) -> LabelMap:
    """``label`` on exactly the grid of its image; MedOptError when grid or values do not fit.

    A grid that is the image's but for rounding is replaced by the image's own; axes that stand in another order or
    are mirrored, as Slicer saves them for left-handed images, are put in place.
    """
    if geometry.is_same_block(label.geometry):
        label = fit_label_map(label, geometry, where=where)
    if not label.geometry.is_close(geometry):
        raise MedOptError(
            "label and image lie on different grids",
            where=where,
            expected=describe_grid(_Grid(geometry)),
            found=describe_grid(label),
            remedy="Resample the label to the image's grid",
        )
    unknown = sorted(set(label.values()) - set(settings.class_values.values()))
    if unknown:
        raise MedOptError(
            "the label holds values that are no class of the project",
            where=where,
            expected="0, " + ", ".join(f"{c.value} ({c.name})" for c in settings.classes),
            found=", ".join(map(str, unknown[:10])) + (" …" if len(unknown) > 10 else ""),
            remedy="Correct the label, or add the classes to project.yaml",
        )
    return LabelMap(label.array, geometry)


def write_label(label: LabelMap, settings: ProjectSettings, path: Path) -> None:
    """Write ``label`` to ``path`` with every class of the project as a segment, present or not."""
    segments = tuple(
        Segment(id=f"Segment_{c.value}", name=c.name, color=c.rgb, value=c.value, layer=0, terminology=c.terminology)
        for c in settings.classes
    )
    small = max(c.value for c in settings.classes) < 256
    array = label.array.astype(np.uint8 if small else np.int16, copy=False)
    write_segmentation(Segmentation.from_label_map(LabelMap(array, label.geometry), segments), path)


def read_label(path: Path, settings: ProjectSettings, geometry: Geometry) -> LabelMap:
    """(k, j, i) label map of a label file on the grid of its image.

    Segments are recognised by their class names, whatever their values. A file that holds only the part of the
    grid around the segments, as Slicer may write it, is padded.
    """
    segmentation = read_segmentation(path)
    if not segmentation.geometry.is_close(geometry):
        segmentation = segmentation.on_grid(geometry)
    return LabelMap(segmentation.to_label_map(settings.class_values, where=path).array, geometry)


def read_foreign_label(path: Path, settings: ProjectSettings, geometry: Geometry) -> LabelMap:
    """The label map of a file that is not of this project, on its own grid.

    In a ``.seg.nrrd`` whose segments all have names of classes the names count, else the values.
    """
    if path.name.lower().endswith(SUFFIX):
        segmentation = read_segmentation(path)
        if {segment.name for segment in segmentation.segments} <= set(settings.class_values):
            return read_label(path, settings, geometry)
    return read_label_map(path)


def label_sha256(label: LabelMap) -> str:
    """SHA-256 of shape and class values, the same for every integer dtype."""
    digest = hashlib.sha256(f"{label.array.shape} ".encode())
    digest.update(np.ascontiguousarray(label.array, dtype="<i2").data)
    return digest.hexdigest()


class _Grid:
    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
