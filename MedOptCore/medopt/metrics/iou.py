"""Intersection over union of two masks."""

from __future__ import annotations


def iou(reference_voxels: int, prediction_voxels: int, shared_voxels: int) -> float:
    """Intersection over union (Jaccard index), 0 to 1; 1 when both masks are empty, 0 when one is.

    It tells the same as Dice, Dice / (2 - Dice), and is always the lower of the two.
    """
    union = reference_voxels + prediction_voxels - shared_voxels
    return shared_voxels / union if union else 1.0
