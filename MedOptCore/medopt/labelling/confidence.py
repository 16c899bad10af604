"""How sure a model is of what it proposes for a case: one number from 0 to 1 that goes along with how right it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medopt.image import Boxes, ClassScores

LEVELS = 255
"""Probability 1 in the bytes that proposals keep."""
FAINT = 26
"""Probabilities below this (a tenth) count as nothing: models that learned for a few minutes give each of the many
voxels of the background a little, and the sum of that says nothing of the case."""


def voxel_confidence(label: NDArray, probabilities: NDArray[np.uint8], values: Sequence[int]) -> float:
    """Of a segmentation: the soft Dice of the proposal with the model's own probabilities p, mean over the classes.

    Parameters
    ----------
    label : (k, j, i) class values of the proposal, 0 is background
    probabilities : (class, k, j, i) probability × 255
    values : the classes' values in the order of ``probabilities``

    For a class with the proposed voxels M it is 2 Σ_M p / (|M| + Σ p), the second sum over all voxels from `FAINT` on:
    the Dice that the model expects of itself. It ranks cases; as an estimate of Dice it is too high. Docs/teach.md has
    how it compares with other formulas. For a class that is not proposed it is 1 minus its highest probability; it
    counts only when no class is proposed at all, so that a class which the case lacks does not make an unsure case look
    sure.
    """
    found, absent = [], []
    for value, one in zip(values, probabilities, strict=True):
        mask = label == value
        voxels = int(np.count_nonzero(mask))
        if voxels:
            clear = one >= FAINT
            total = float(np.sum(one, where=clear, dtype=np.int64)) / LEVELS
            shared = float(np.sum(one, where=np.logical_and(clear, mask, out=clear), dtype=np.int64)) / LEVELS
            found.append(2 * shared / (voxels + total))
        else:
            absent.append(1 - float(one.max(initial=0)) / LEVELS)
    return float(np.mean(found)) if found else min(absent, default=1.0)


def class_confidence(scores: ClassScores) -> float:
    """Of classes of a whole image: the probability of the class chosen; where an image may show several, that of the
    answer (shown or not) to the class of which the model is least sure.
    """
    if scores.exclusive:
        return float(max(scores.probabilities))
    return float(min(max(p, 1 - p) for p in scores.probabilities))


def box_confidence(boxes: Boxes, highest: float = 0.0) -> float:
    """Of boxes: the mean of their scores; of none, 1 minus ``highest``, the highest score that was dropped.

    Boxes without a score, a person's, count 1.
    """
    if not boxes.boxes:
        return float(min(1.0, max(0.0, 1 - highest)))
    return float(np.mean([1.0 if box.score is None else box.score for box in boxes.boxes]))
