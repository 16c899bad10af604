"""Proof that an exported model gives what the trained one gives, on cases that neither has learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.image import Boxes, ClassScores, Geometry, Image, LabelMap
from medopt.inference import Model, predict_scores
from medopt.metrics import box_iou
from medopt.preprocess import restore_label
from medopt.tasks.segmentation import mask_dice

TOLERANCE = 1e-3
"""Largest allowed difference of an output between the two engines, float32 against float32: a class probability, or in
detection also the logarithm of a size and the offset of a centre."""

SAME_BOX = 0.95
"""Two boxes of a class are the same when their IoU is at least this."""
SURE_ENOUGH = 0.05
"""Boxes that score less are not counted as differing: the faintest ones come and go by rounding."""


@dataclass(frozen=True)
class ParityCase:
    """How one case agrees.

    Parameters
    ----------
    case : its name
    largest_difference : of any output on the prepared grid: probabilities, and in detection sizes and offsets
    changed_voxels : voxels whose class differs on the image's own grid (segmentation)
    dice_original, dice_exported : mean over the structures against the reference; None without a reference
    changed_classes : values of the classes that only one of the two finds (classification)
    changed_boxes : boxes that only one of the two finds (detection)
    """

    case: str
    largest_difference: float
    changed_voxels: int = 0
    dice_original: float | None = None
    dice_exported: float | None = None
    changed_classes: tuple[int, ...] = ()
    changed_boxes: int = 0


@dataclass(frozen=True)
class ParityProof:
    """The agreement over all cases looked at."""

    cases: tuple[ParityCase, ...]
    original: str
    exported: str
    tolerance: float = TOLERANCE

    @property
    def largest_difference(self) -> float:
        """Of any output in any case."""
        return max(case.largest_difference for case in self.cases)

    @property
    def changed_cases(self) -> int:
        """Cases in which a voxel, a class or a box differs."""
        return sum(bool(c.changed_voxels or c.changed_classes or c.changed_boxes) for c in self.cases)

    @property
    def largest_dice_difference(self) -> float | None:
        """Absolute, of the cases that have a reference; None when none has."""
        known = [
            abs(c.dice_exported - c.dice_original)
            for c in self.cases
            if c.dice_exported is not None and c.dice_original is not None
        ]
        return max(known, default=None)

    @property
    def passed(self) -> bool:
        """Whether every case agrees within the tolerance."""
        return bool(self.cases) and self.largest_difference <= self.tolerance


def prove_parity(
    original: Model,
    exported: Model,
    cases: Sequence[str],
    read_image: Callable[[str], Image],
    read_reference: Callable[[str], Any],
    *,
    reporter: Reporter | None = None,
) -> ParityProof:
    """Run both models over ``cases`` through the same preprocessing, windows and way back, and compare.

    ``read_reference`` gives the label of a case or None; it is asked for in segmentation only. Raises MedOptError when
    there is no case to compare on.
    """
    if not cases:
        raise MedOptError("no case to prove the export on", remedy="Label some cases and split them again")
    compared = []
    for case in track(reporter or Silence(), "parity", cases):
        image = read_image(case)
        with predict_scores(image, original) as (first, grid), predict_scores(image, exported) as (second, _):
            compared.append(_compare(case, original, first, second, grid, image.geometry, read_reference))
    return ParityProof(tuple(compared), original.runtime.name, exported.runtime.name)


def _compare(
    case: str,
    model: Model,
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    grid: Geometry,
    geometry: Geometry,
    read_reference: Callable[[str], Any],
) -> ParityCase:
    difference = max(float(np.abs(a - b).max()) for a, b in zip(first, second, strict=True))
    difference = difference if np.isfinite(difference) else float("inf")
    description = model.description
    if description.task == "segmentation":
        values = [info.value for info in description.classes]
        reference = read_reference(case)
        one, other = (restore_label(scores, grid, geometry).array for scores in (first, second))
        return ParityCase(
            case,
            difference,
            int(np.count_nonzero(one != other)),
            _mean_dice(reference, one, values),
            _mean_dice(reference, other, values),
        )
    if difference == float("inf"):
        return ParityCase(case, difference)
    task = description.build_task()
    before, after = task.decode(first, grid, geometry), task.decode(second, grid, geometry)
    if isinstance(before, ClassScores) and isinstance(after, ClassScores):
        changed = set(before.label().present) ^ set(after.label().present)
        return ParityCase(case, difference, changed_classes=tuple(sorted(changed)))
    if isinstance(before, Boxes) and isinstance(after, Boxes):
        return ParityCase(case, difference, changed_boxes=changed_boxes(before, after, geometry))
    raise TypeError(f"a prediction of type {type(before).__name__}")


def changed_boxes(first: Boxes, second: Boxes, geometry: Geometry) -> int:
    """Boxes of either, scoring at least ``SURE_ENOUGH``, that have no counterpart of their class in the other.

    ``geometry`` is the image's grid, along whose axes boxes are compared.
    """
    return _without_counterpart(first, second, geometry) + _without_counterpart(second, first, geometry)


def _without_counterpart(some: Boxes, others: Boxes, geometry: Geometry) -> int:
    sure = Boxes(tuple(box for box in some.boxes if (box.score or 0) >= SURE_ENOUGH))
    overlaps = box_iou(sure.to_index(geometry), others.to_index(geometry))
    same = np.array([box.value for box in sure.boxes])[:, None] == np.array([box.value for box in others.boxes])[None]
    return int((~((overlaps >= SAME_BOX) & same).any(axis=1)).sum()) if len(sure) else 0


def _mean_dice(reference: LabelMap | None, indices: np.ndarray, values: Sequence[int]) -> float | None:
    if reference is None:
        return None
    each = [mask_dice(reference.array == value, indices == index) for index, value in enumerate(values, start=1)]
    return float(np.mean(each))
