"""Labels of segmentation: Slicer's segmentation format, with the names, values and colours of the project's classes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from medopt.errors import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.io import Segment, Segmentation, fit_label_map, read_label_map, read_segmentation, write_segmentation
from medopt.project.images import describe_grid
from medopt.project.label_kind import LabelContent, LabelKind
from medopt.project.settings import IGNORED_NAME

IGNORED_COLOR = (0.35, 0.35, 0.35)


class VoxelLabels(LabelKind[LabelMap]):
    """Label maps in ``.seg.nrrd`` files, on the grids of their images.

    What nobody looked for stands in the tags of the segments, so that it stays with the file and its history, and
    survives a save in Slicer. Voxels that nobody annotated are a segment of their own where the project has such.
    """

    type = LabelMap
    suffix = ".seg.nrrd"
    unit = "voxels"

    def check(self, label: LabelMap, geometry: Geometry, where: str) -> LabelMap:
        """``label`` on exactly the grid of its image; MedOptError when grid or values do not fit.

        A grid that is the image's but for rounding is replaced by the image's own; axes that stand in another order
        or are mirrored, as Slicer saves them for left-handed images, are put in place.
        """
        self.refuse_other_kind(label, where)
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
        values = set(label.values()) - {self.settings.ignored}
        self.refuse_unknown(values | set(label.unjudged), where)
        both = sorted(values & set(label.unjudged))
        if both:
            raise MedOptError(
                "a class that nobody looked for has voxels", where=where, found=", ".join(map(self.names.name, both))
            )
        return LabelMap(label.array, geometry, tuple(sorted(set(label.unjudged))))

    def write(self, label: LabelMap, path: Path) -> None:
        """Write ``label`` to ``path`` with every class of the project as a segment, present or not."""
        segments = [
            Segment(
                id=f"Segment_{c.value}", name=c.name, color=c.rgb, value=c.value, layer=0, terminology=c.terminology
            )
            for c in self.settings.classes
        ]
        if self.settings.ignored is not None:
            value = self.settings.ignored
            segments.append(Segment(id=f"Segment_{value}", name=IGNORED_NAME, color=IGNORED_COLOR, value=value))
        small = max(segment.value for segment in segments) < 256
        array = label.array.astype(np.uint8 if small else np.int16, copy=False)
        kept = LabelMap(array, label.geometry, label.unjudged)
        write_segmentation(Segmentation.from_label_map(kept, segments), path)

    def read(self, path: Path, geometry: Geometry) -> LabelMap:
        """(k, j, i) label map of a label file on the grid of its image.

        Segments are recognised by their class names, whatever their values. A file that holds only the part of the
        grid around the segments, as Slicer may write it, is padded.
        """
        segmentation = read_segmentation(path)
        if not segmentation.geometry.is_close(geometry):
            segmentation = segmentation.on_grid(geometry)
        label = segmentation.to_label_map(self._values(), where=path)
        return LabelMap(label.array, geometry, label.unjudged)

    def read_foreign(self, path: Path, geometry: Geometry) -> LabelMap:
        """The label map of a file that is not of this project, on its own grid.

        In a ``.seg.nrrd`` whose segments all have names of classes the names count, else the values. A picture that
        holds nothing but 0 and its dtype's highest value is a mask of the project's only class.
        """
        if path.name.lower().endswith(self.suffix):
            segmentation = read_segmentation(path)
            if {segment.name for segment in segmentation.segments} <= set(self._values()):
                return self.read(path, geometry)
        label = read_label_map(path)
        classes = self.settings.classes
        if (
            len(classes) == 1
            and label.values() == [255]
            and {classes[0].value, self.settings.ignored}.isdisjoint({255})
        ):
            return LabelMap((label.array != 0).astype(np.uint8) * classes[0].value, label.geometry)
        return label

    def content(self, label: LabelMap) -> LabelContent:
        """Classes and their voxels; those that nobody annotated are not counted."""
        values, counts = np.unique(label.array, return_counts=True)
        held = [
            (int(v), int(n))
            for v, n in zip(values, counts, strict=True)
            if v != 0 and (self.settings.ignored is None or v != self.settings.ignored)
        ]
        return LabelContent(tuple(v for v, _ in held), tuple(n for _, n in held), label.unjudged)

    def sha256(self, label: LabelMap) -> str:
        """SHA-256 of shape, class values and what nobody looked for, the same for every integer dtype."""
        digest = hashlib.sha256(f"{label.array.shape} ".encode())
        digest.update(np.ascontiguousarray(label.array, dtype="<i2").data)
        if label.unjudged:
            digest.update(f" {label.unjudged}".encode())
        return digest.hexdigest()

    def changes(self, before: LabelMap, after: LabelMap) -> int:
        """Voxels whose value differs."""
        return int(np.count_nonzero(before.array != after.array))

    def _values(self) -> dict[str, int]:
        ignored = {} if self.settings.ignored is None else {IGNORED_NAME: self.settings.ignored}
        return {**self.settings.class_values, **ignored}


class _Grid:
    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
