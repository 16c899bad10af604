"""What an annotator changed against the label that he started from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import Box, Boxes, ClassLabel, Geometry, LabelMap
from medopt.image.label import Label
from medopt.labelling.regions import joint_region, value_regions
from medopt.metrics import AddedPath, added_path_length, measure_surfaces, nsd
from medopt.project.records import Edits

TOLERANCE_MM = 1.0
"""Of the surface Dice of an edit: the tolerance of NSD that ``medopt validate`` has by default, on every grid, so that
edits of different images compare with each other and with the NSD of the model that made the proposals."""

SAME_MM = 0.01
"""Boxes whose centres and corners lie nearer than this are the same box."""


@dataclass(frozen=True)
class ClassEdits:
    """What was changed of one class of a segmentation.

    Parameters
    ----------
    value : the class's value in label maps
    changed : voxels that joined the class or left it
    added_path : see ``medopt.metrics.added_path_length``
    surface_dice : NSD between the class before and after
    """

    value: int
    changed: int
    added_path: AddedPath
    surface_dice: float


def edits_between(
    before: Label | None, after: Label, geometry: Geometry, *, tolerance_mm: float = TOLERANCE_MM
) -> Edits:
    """What was done to come from ``before`` to ``after``, labels of one kind of an image on the grid ``geometry``.

    Parameters
    ----------
    before : what the annotator started from, None when it was nothing
    tolerance_mm : of the surface Dice

    Of label maps ``changed`` are voxels of another value, ``slices`` those along k that hold one of them,
    ``added_path_length`` voxels of new outline over all classes together, and ``surface_dice`` the mean NSD of the
    classes that either label has (1 when neither has one, None without ``before``).

    Of boxes ``changed`` are those that were drawn, deleted, moved or given another class, a moved one once;
    ``slices`` those that these boxes meet; ``added_path_length`` those that were drawn, moved or given another class.
    Of classes of whole images ``changed`` are those that were absent, present or not judged and are so no more,
    ``slices`` is 0, and ``added_path_length`` counts those that are newly present. Neither has a surface Dice.

    ``as_is`` holds when there was something to start from and nothing was changed. Raises MedOptError for labels of
    two kinds or on different grids.
    """
    if before is not None and type(before) is not type(after):
        raise MedOptError("two labels of different kinds", expected=type(after).__name__, found=type(before).__name__)
    if isinstance(after, LabelMap):
        return _of_voxels(before, after, geometry, tolerance_mm)  # type: ignore[arg-type]
    if isinstance(after, Boxes):
        return _of_boxes(before, after, geometry)  # type: ignore[arg-type]
    return _of_classes(before, after)  # type: ignore[arg-type]


def edits_by_class(
    before: LabelMap | None, after: LabelMap, *, tolerance_mm: float = TOLERANCE_MM
) -> tuple[ClassEdits, ...]:
    """What was changed of each class that either label map has, by ascending value; empty when neither has one.

    Raises MedOptError when the label maps lie on different grids.
    """
    old = np.zeros_like(after.array) if before is None else before.array
    if before is not None and not before.geometry.is_close(after.geometry):
        raise MedOptError(
            "the labels lie on different grids",
            expected=f"shape {after.geometry.shape}",
            found=f"shape {before.geometry.shape}"
            + (" elsewhere" if before.geometry.shape == after.geometry.shape else ""),
        )
    regions = [value_regions(old), value_regions(after.array)]
    found = []
    for value in sorted({*regions[0], *regions[1]}):
        region = joint_region([part[value] for part in regions if value in part])
        one, other = old[region] == value, after.array[region] == value
        changed = int(np.count_nonzero(one != other))
        found.append(
            ClassEdits(
                value,
                changed,
                added_path_length(one, other, after.geometry.spacing),
                _surface_dice(one, other, after.geometry, tolerance_mm) if changed else 1.0,
            )
        )
    return tuple(found)


def _of_voxels(before: LabelMap | None, after: LabelMap, geometry: Geometry, tolerance_mm: float) -> Edits:
    if not after.geometry.is_close(geometry):
        raise MedOptError(
            "label and image lie on different grids",
            expected=f"shape {geometry.shape}",
            found=f"shape {after.geometry.shape}",
        )
    classes = edits_by_class(before, after, tolerance_mm=tolerance_mm)
    differs = after.array != (0 if before is None else before.array)
    kept = sum(one.surface_dice for one in classes) / len(classes) if classes else 1.0
    changed = int(np.count_nonzero(differs))
    return Edits(
        changed=changed,
        slices=int(np.count_nonzero(differs.any(axis=(1, 2)))),
        added_path_length=sum(one.added_path.voxels for one in classes),
        surface_dice=None if before is None else kept,
        as_is=before is not None and not changed,
    )


def _of_boxes(before: Boxes | None, after: Boxes, geometry: Geometry) -> Edits:
    old = Counter({} if before is None else _keyed(before.boxes))
    new = Counter(_keyed(after.boxes))
    gone, come = old - new, new - old
    changed = max(gone.total(), come.total())
    places = {**({} if before is None else _keyed_boxes(before.boxes)), **_keyed_boxes(after.boxes)}
    touched = Boxes(tuple(places[key] for key in {*gone, *come}))
    return Edits(
        changed=changed,
        slices=_slices_met(touched, geometry),
        added_path_length=come.total(),
        surface_dice=None,
        as_is=before is not None and not changed,
    )


def _of_classes(before: ClassLabel | None, after: ClassLabel) -> Edits:
    old = before or ClassLabel(())
    values = {*old.present, *old.unjudged, *after.present, *after.unjudged}
    changed = sum(_state(old, value) != _state(after, value) for value in values)
    return Edits(
        changed=changed,
        slices=0,
        added_path_length=len(set(after.present) - set(old.present)),
        surface_dice=None,
        as_is=before is not None and not changed,
    )


def _surface_dice(one: NDArray, other: NDArray, grid: Geometry, tolerance_mm: float) -> float:
    if not one.any() or not other.any():
        return 0.0  # as NSD has it, without measuring the surface of the other
    distances = measure_surfaces(one, other, grid.spacing, diagonal=grid.diagonal, two_d=grid.is_2d)
    return nsd(distances, tolerance_mm)


def _key(box: Box) -> tuple[int, ...]:
    """Equal for boxes of one class and one place, whatever axis of theirs comes first."""
    steps = np.rint(box.corners / SAME_MM).astype(int)
    return (box.value, *steps[np.lexsort(steps.T)].ravel().tolist())


def _keyed(boxes: Iterable[Box]) -> Counter[tuple[int, ...]]:
    return Counter(_key(box) for box in boxes)


def _keyed_boxes(boxes: Iterable[Box]) -> dict[tuple[int, ...], Box]:
    return {_key(box): box for box in boxes}


def _slices_met(boxes: Boxes, geometry: Geometry) -> int:
    """How many slices along k the boxes reach into."""
    met = np.zeros(geometry.shape[0], bool)
    for low, high in boxes.to_index(geometry)[:, :, 0]:
        # the voxel k reaches from k - 0.5 to k + 0.5; what merely touches it does not meet it
        first, last = int(np.ceil(low - 0.5 + 1e-6)), int(np.floor(high + 0.5 - 1e-6))
        met[max(first, 0) : max(last + 1, 0)] = True
    return int(met.sum())


def _state(label: ClassLabel, value: int) -> str:
    return "present" if value in label.present else "unjudged" if value in label.unjudged else "absent"
