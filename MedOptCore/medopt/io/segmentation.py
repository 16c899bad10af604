"""Segmentations as 3D Slicer knows them: named segments in layers, so that segments may overlap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.io.grids import place_on_grid

UNJUDGED_TAG = "MedOptUnjudged"
"""The tag of a segment for which nobody looked; Slicer keeps tags of segments when it saves."""


@dataclass(frozen=True)
class Segment:
    """One structure.

    Parameters
    ----------
    id : unique within its segmentation
    name : as people read it; any text
    color : (red, green, blue), each 0…1
    value : the voxel value within its layer; not 0
    layer : index of the layer whose voxels it owns
    terminology : Slicer's terminology entry, "" for none
    tags : Slicer's other tags, as (name, value) pairs
    """

    id: str
    name: str
    color: tuple[float, float, float]
    value: int
    layer: int = 0
    terminology: str = ""
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def unjudged(self) -> bool:
        """True where the tags say that nobody looked for it: that it has no voxels tells nothing then."""
        return (UNJUDGED_TAG, "1") in self.tags


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Segments and their voxels.

    Parameters
    ----------
    layers : (layer, k, j, i), an integer dtype; a voxel belongs to the segment of that layer and value
    segments : in the order in which people see them
    geometry : the grid of the last three axes

    Raises MedOptError when ids repeat, two segments claim one value of one layer, or a layer is missing.
    """

    layers: NDArray
    segments: tuple[Segment, ...]
    geometry: Geometry

    def __post_init__(self) -> None:
        object.__setattr__(self, "segments", tuple(self.segments))
        if self.layers.ndim != 4 or self.layers.shape[1:] != self.geometry.shape or self.layers.dtype.kind not in "iu":
            raise MedOptError(
                "layers and grid do not fit",
                expected=f"integers of shape (layer, {', '.join(map(str, self.geometry.shape))})",
                found=f"{self.layers.dtype} of shape {self.layers.shape}",
            )
        ids: set[str] = set()
        places: dict[tuple[int, int], str] = {}
        for segment in self.segments:
            if segment.id in ids:
                raise MedOptError("two segments have the same id", found=repr(segment.id))
            ids.add(segment.id)
            if segment.value == 0 or not 0 <= segment.layer < len(self.layers):
                raise MedOptError(
                    f"segment '{segment.name}' has no place",
                    expected=f"a value other than 0 in a layer below {len(self.layers)}",
                    found=f"value {segment.value} in layer {segment.layer}",
                )
            other = places.get((segment.layer, segment.value))
            if other is not None:
                raise MedOptError(
                    "two segments claim the same voxels",
                    expected="one segment for each value of a layer",
                    found=f"'{other}' and '{segment.name}' with value {segment.value} in layer {segment.layer}",
                )
            places[segment.layer, segment.value] = segment.name

    def mask(self, segment: Segment) -> NDArray[np.bool_]:
        """(k, j, i) bool: the voxels of a segment; all False for an empty one."""
        result: NDArray[np.bool_] = self.layers[segment.layer] == segment.value
        return result

    def on_grid(self, geometry: Geometry) -> Segmentation:
        """The same on a grid that differs by whole voxels (cropped or padded); MedOptError as `place_on_grid`."""
        return Segmentation(place_on_grid(self.layers, self.geometry, geometry), self.segments, geometry)

    def to_label_map(self, values: Mapping[str, int] | None = None, *, where: str | Path | None = None) -> LabelMap:
        """One class value a voxel.

        Parameters
        ----------
        values : class value for each segment, by its name or id; several segments may share one value.
            None takes the segments' own values.
        where : the file, for messages

        Voxels of a layer that no segment owns become background. No segments give an empty label map. Classes of which
        all segments are unjudged and without voxels are unjudged in the label map.

        Raises MedOptError when segments of different values overlap, when a segment has no value in ``values``,
        or when, without ``values``, two segments have the same value.
        """
        targets = [_target(segment, values, where) for segment in self.segments]
        if values is None:
            _need_distinct(self.segments, where)
        result = np.zeros(self.geometry.shape, _dtype_for(targets))
        for position, (segment, target) in enumerate(zip(self.segments, targets, strict=True)):
            mask = self.mask(segment)
            under = result[mask]
            clash = np.count_nonzero((under != 0) & (under != target))
            if clash:
                first = next(
                    other.name
                    for other, value in zip(self.segments[:position], targets, strict=False)
                    if value != target and (self.mask(other) & mask).any()
                )
                raise MedOptError(
                    "segments overlap",
                    where=where,
                    expected="one class a voxel",
                    found=f"{clash:,} voxels in both '{first}' and '{segment.name}'",
                    remedy="Give one of them precedence in the Segment Editor (masking), then save again",
                )
            result[mask] = target
        looked = {t for segment, t in zip(self.segments, targets, strict=True) if not segment.unjudged}
        hidden = set(targets) - looked
        if hidden:  # who drew a segment since then has looked for it
            hidden -= set(np.unique(result).tolist())
        return LabelMap(result, self.geometry, tuple(sorted(hidden)))

    @classmethod
    def from_label_map(cls, label: LabelMap, segments: Iterable[Segment]) -> Segmentation:
        """One layer whose segments own the label's values.

        ``segments`` may declare values that do not occur (empty segments); their ``layer`` is set to 0, and what the
        label says of unjudged classes goes to their tags. Raises MedOptError when a value occurs that no segment
        declares.
        """
        declared = tuple(replace(segment, layer=0, tags=_tags(segment, label.unjudged)) for segment in segments)
        unknown = sorted(set(label.values()) - {segment.value for segment in declared})
        if unknown:
            raise MedOptError(
                "label values without a segment",
                expected=f"values of {sorted(segment.value for segment in declared)}",
                found=str(unknown[:20]),
            )
        return cls(label.array[None], declared, label.geometry)


def _tags(segment: Segment, unjudged: tuple[int, ...]) -> tuple[tuple[str, str], ...]:
    others = tuple(tag for tag in segment.tags if tag[0] != UNJUDGED_TAG)
    return (*others, (UNJUDGED_TAG, "1")) if segment.value in unjudged else others


def _target(segment: Segment, values: Mapping[str, int] | None, where: str | Path | None) -> int:
    if values is None:
        return segment.value
    for key in (segment.name, segment.id):
        if key in values:
            return int(values[key])
    raise MedOptError(
        f"segment '{segment.name}' is no declared class",
        where=where,
        expected=f"one of {', '.join(values) or 'no segments'}",
        remedy="Rename or delete the segment, or declare the class in the project",
    )


def _need_distinct(segments: tuple[Segment, ...], where: str | Path | None) -> None:
    names: dict[int, str] = {}
    for segment in segments:
        if segment.value in names:
            raise MedOptError(
                "two segments have the same label value",
                where=where,
                expected="one value a segment",
                found=f"'{names[segment.value]}' and '{segment.name}' with {segment.value}",
                remedy="Say which class value each segment name stands for",
            )
        names[segment.value] = segment.name


def _dtype_for(values: list[int]) -> np.dtype:
    low, high = min([0, *values]), max([0, *values])
    for name in ("uint8", "int16", "int32", "int64"):
        if np.iinfo(name).min <= low and high <= np.iinfo(name).max:
            return np.dtype(name)
    raise MedOptError("label value out of range", expected="64-bit integers", found=f"{low} to {high}")
