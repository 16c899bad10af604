"""Boxes move with their patch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medopt.augment.drawn import Drawn
from medopt.augment.placement import Placement, place, volume_index

ROUNDS = 20
"""Steps of the fixed-point search that inverts an elastic displacement; each at least halves the error."""


def transform_boxes(
    boxes: ArrayLike, drawn: Drawn, center: Sequence[float], spacing: Sequence[float]
) -> NDArray[np.float64]:
    """Boxes of a volume, in the indices of the patch that ``sample_patches`` cuts with the same arguments.

    Parameters
    ----------
    boxes : (m, 2, 3) lower and upper corner as volume indices (k, j, i); voxel centres are whole numbers, so that a
        box around the voxels a..b has the corners a - 0.5 and b + 0.5
    center, spacing : as given to ``sample_patches``

    Returns (m, 2, 3): the smallest upright boxes around what the boxes became; nothing is clipped to the patch, and
    empty input gives an empty array. With an elastic displacement, 27 points on each box are followed.
    """
    corners = np.asarray(boxes, float).reshape(-1, 2, 3)
    placement = place(drawn, center, spacing)
    shares = np.array(list(product((0.0, 0.5, 1.0), repeat=3)))
    points = corners[:, None, 0] + shares * (corners[:, None, 1] - corners[:, None, 0])
    moved = _to_patch(points.reshape(-1, 3), drawn, placement, spacing).reshape(points.shape)
    return np.stack([moved.min(axis=1), moved.max(axis=1)], axis=1)


def _to_patch(points: NDArray, drawn: Drawn, placement: Placement, spacing: Sequence[float]) -> NDArray[np.float64]:
    """Patch indices of volume indices (n, 3)."""
    origin = volume_index(drawn, placement, np.zeros((1, 3)), spacing)[0]
    if placement.matrix is None:
        linear = np.diag([-1.0 if a in placement.flips else 1.0 for a in range(3)])
        return (points - origin) @ linear
    inverse = np.linalg.inv(placement.matrix[:, :3])
    found = (points - placement.matrix[:, 3]) @ inverse.T
    if placement.displacement is not None:
        for _ in range(ROUNDS):
            found += (points - volume_index(drawn, placement, found, spacing)) @ inverse.T
    return found
