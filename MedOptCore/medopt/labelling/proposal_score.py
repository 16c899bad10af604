"""How near a proposal came to the label that a person then accepted: one number a case, by the project's task."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medopt.errors import MedOptError
from medopt.image import Boxes, ClassLabel, Geometry, LabelMap
from medopt.image.label import Label
from medopt.metrics import dice, match_boxes

TITLES = {"segmentation": "Dice", "detection": "F1", "classification": "agreement"}
"""Task → what the number is called."""
IOU = 0.5
"""Overlap from which a proposed box counts as found."""


def proposal_score(proposal: Label, label: Label, geometry: Geometry, values: Sequence[int]) -> float:
    """0 to 1; 1 when the proposal says what the label says.

    Segmentation: the mean Dice of the classes that either holds, 1 when neither holds any. Detection: 2 TP / (boxes
    proposed + boxes of the label), a box being found at an IoU of `IOU`; 1 when there are none. Classification: the
    share of the classes on which both say the same; of exclusive classes 1 or 0. Classes that nobody judged in the
    label do not count.

    ``values`` are the project's classes, ``geometry`` the image's grid. Raises MedOptError for labels of two kinds.
    """
    judged = [value for value in values if value not in label.unjudged]
    if isinstance(label, LabelMap) and isinstance(proposal, LabelMap):
        return _voxels(proposal, label, judged)
    if isinstance(label, Boxes) and isinstance(proposal, Boxes):
        return _boxes(proposal, label, geometry, judged)
    if isinstance(label, ClassLabel) and isinstance(proposal, ClassLabel):
        if len(label.present) == len(proposal.present) == 1:
            return float(label.present == proposal.present)
        same = [(value in label.present) == (value in proposal.present) for value in judged]
        return float(np.mean(same)) if same else 1.0
    raise MedOptError("two labels of different kinds", expected=type(label).__name__, found=type(proposal).__name__)


def _voxels(proposal: LabelMap, label: LabelMap, judged: Sequence[int]) -> float:
    size = max(256, *(value + 1 for value in judged)) if judged else 256
    there = np.bincount(label.array.ravel(), minlength=size)
    said = np.bincount(proposal.array.ravel(), minlength=size)
    shared = np.bincount(label.array[label.array == proposal.array], minlength=size)
    found = [
        dice(int(there[value]), int(said[value]), int(shared[value])) for value in judged if there[value] + said[value]
    ]
    return float(np.mean(found)) if found else 1.0


def _boxes(proposal: Boxes, label: Boxes, geometry: Geometry, judged: Sequence[int]) -> float:
    place = {value: n for n, value in enumerate(judged)}
    said, there = (
        Boxes(tuple(box for box in boxes.boxes if box.value in place), boxes.unjudged) for boxes in (proposal, label)
    )
    if not said.boxes and not there.boxes:
        return 1.0
    if not said.boxes or not there.boxes:
        return 0.0
    matches = match_boxes(
        (
            _flat(said.to_index(geometry), geometry),
            [place[box.value] for box in said.boxes],
            [1.0 if box.score is None else box.score for box in said.boxes],
        ),
        (_flat(there.to_index(geometry), geometry), [place[box.value] for box in there.boxes]),
        [True] * len(judged),
        ious=(IOU,),
    )
    return 2 * int(matches.right.sum()) / (len(said) + len(there))


def _flat(corners: np.ndarray, geometry: Geometry) -> np.ndarray:
    """In 2D whatever thickness a box was drawn with does not count."""
    if geometry.is_2d:
        corners[:, :, 0] = (-0.5, 0.5)
    return corners
