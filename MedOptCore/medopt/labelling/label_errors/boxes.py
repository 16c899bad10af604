"""The quality of boxes: those that the model does not find, puts elsewhere, calls otherwise, or finds in addition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import Box, Boxes, Geometry
from medopt.labelling.label_errors.records import ClassQuality, LabelQuality
from medopt.labelling.label_errors.soft_minimum import TEMPERATURE, soft_minimum
from medopt.metrics import box_iou
from medopt.project import ClassInfo

TOUCH = 0.1
"""From this IoU on a predicted box is about the same thing as a labelled one."""
SAME = 0.5
"""From this IoU on it lies in the same place; below, the place is in doubt in proportion."""
SUSPECTED = 0.25
"""A box of a quality below this makes the label suspected."""


@dataclass(frozen=True)
class _Unit:
    """One thing that may be wrong: a labelled box, or a predicted one that nobody labelled."""

    value: int
    quality: float
    reason: str
    box: Box


def box_qualities(
    labels: Sequence[Boxes],
    said: Sequence[Boxes],
    grids: Sequence[Geometry],
    classes: Sequence[ClassInfo],
    *,
    temperature: float = TEMPERATURE,
) -> list[LabelQuality]:
    """The quality of the boxes of each image, from the boxes of models that never saw it.

    An analogue of confident learning for boxes, in the manner of Tkachenko, Thyagarajan & Mueller, "ObjectLab", 2023
    (arXiv:2309.00832), which also looks for overlooked, badly placed and wrongly named boxes. A model's score counts
    relative to the class's usual score, the mean over its boxes that lie where one is labelled (IoU of at least
    ``SAME``), at most 1. Each image has one quality from 0 to 1 for

    * a labelled box: relative score times min(1, IoU / ``SAME``) of the predicted box of its class for which this is
      highest, among those with an IoU of at least ``TOUCH``; 0 when there is none
    * a predicted box that no labelled box of its class touches: 1 - its relative score; a box on a labelled one of
      another class is of this kind, and both speak against the label

    and its score is their soft minimum, 1 when there is nothing. Classes that nobody looked for do not count. A label
    is suspected when one of its qualities is below ``SUSPECTED``: a box that is not found, or hardly, or one in
    addition that is about as sure as a usual one.

    Raises MedOptError when there are not as many answers and grids as labels.
    """
    if not len(labels) == len(said) == len(grids):
        raise MedOptError(
            "labels and answers do not fit", expected=str(len(labels)), found=f"{len(said)} and {len(grids)} grids"
        )
    usual = _usual_scores(labels, said, grids)
    names = {info.value: info.name for info in classes}
    found = []
    for label, answer, grid in zip(labels, said, grids, strict=True):
        units = _units(label, answer, grid, usual, names)
        found.append(_together(units, names, temperature))
    return found


def _usual_scores(labels: Sequence[Boxes], said: Sequence[Boxes], grids: Sequence[Geometry]) -> dict[int, float]:
    """Mean score of each class's predicted boxes that lie where one is labelled."""
    scores: dict[int, list[float]] = {}
    for label, answer, grid in zip(labels, said, grids, strict=True):
        overlaps = _same_class(label, answer, grid)
        for n, box in enumerate(answer.boxes):
            if overlaps.shape[0] and overlaps[:, n].max() >= SAME:
                scores.setdefault(box.value, []).append(_score(box))
    return {value: sum(found) / len(found) for value, found in scores.items()}


def _units(label: Boxes, answer: Boxes, grid: Geometry, usual: dict[int, float], names: dict[int, str]) -> list[_Unit]:
    answer = Boxes(tuple(box for box in answer.boxes if box.value not in label.unjudged))
    overlaps = _same_class(label, answer, grid)
    sure = np.array([min(1.0, _score(box) / max(usual.get(box.value, 1.0), 1e-9)) for box in answer.boxes])
    units = []
    for row, box in enumerate(label.boxes):
        near = np.flatnonzero(overlaps[row] >= TOUCH)
        quality = max((float(sure[n] * min(1.0, overlaps[row, n] / SAME)) for n in near), default=0.0)
        placed = max((float(overlaps[row, n]) for n in near), default=0.0)
        reason = f"{names[box.value]}: the model does not find this box"
        if near.size:
            reason = f"{names[box.value]}: the model's box overlaps this one by {placed:.2f} only"
            reason = f"{names[box.value]}: the model is not sure of this box" if placed >= SAME else reason
        units.append(_Unit(box.value, quality, reason, box))
    for column, box in enumerate(answer.boxes):
        if not (overlaps[:, column] >= TOUCH).any():
            reason = f"{names[box.value]}: the model finds one here (score {_score(box):.2f})"
            units.append(_Unit(box.value, 1.0 - float(sure[column]), reason, box))
    return units


def _together(units: Sequence[_Unit], names: dict[int, str], temperature: float) -> LabelQuality:
    if not units:
        return LabelQuality(1.0, False, "", None, ())
    worst = min(units, key=lambda unit: unit.quality)
    by_class = []
    for value, name in names.items():
        score = soft_minimum([unit.quality for unit in units if unit.value == value], temperature)
        if score is not None:
            by_class.append(ClassQuality(name, score))
    score = soft_minimum([unit.quality for unit in units], temperature)
    doubtful = worst.quality < 0.5
    return LabelQuality(
        score=1.0 if score is None else score,
        suspected=worst.quality < SUSPECTED,
        reason=worst.reason if doubtful else "",
        place=worst.box.center if doubtful else None,
        by_class=tuple(by_class),
    )


def _same_class(label: Boxes, answer: Boxes, grid: Geometry) -> NDArray[np.float64]:
    """(labelled, predicted) IoU, 0 between boxes of different classes."""
    same = np.equal.outer([box.value for box in label.boxes], [box.value for box in answer.boxes])
    return box_iou(label.to_index(grid), answer.to_index(grid)) * same.reshape(len(label), len(answer))


def _score(box: Box) -> float:
    return 1.0 if box.score is None else box.score
