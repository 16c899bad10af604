"""Dice: overlap of two masks."""

from __future__ import annotations


def dice(reference_voxels: int, prediction_voxels: int, shared_voxels: int) -> float:
    """Dice coefficient, 0 to 1, from voxel counts of the two masks and of their overlap.

    2·shared / (reference + prediction) (Dice 1945). 1 when both masks are empty, 0 when one is. MONAI's
    ``compute_dice`` is the same but for two empty masks, where it gives NaN unless told otherwise.
    """
    total = reference_voxels + prediction_voxels
    return 2.0 * shared_voxels / total if total else 1.0
