"""How much boxes overlap."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def box_iou(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """(n, m) intersection over union of the volumes of each box of ``a`` with each of ``b``.

    Parameters
    ----------
    a, b : (n, 2, 3) and (m, 2, 3) lower and upper corner (k, j, i), in one unit; boxes of a 2D image have the same
        extent along k, such as -0.5 to 0.5, and their IoU is that of the areas

    A box without volume overlaps nothing, not even itself. Empty input gives an empty array.
    """
    one, other = np.asarray(a, float).reshape(-1, 2, 3), np.asarray(b, float).reshape(-1, 2, 3)
    shared = np.ones((len(one), len(other)))
    for axis in range(3):
        upper = np.minimum(one[:, None, 1, axis], other[:, 1, axis])
        upper -= np.maximum(one[:, None, 0, axis], other[:, 0, axis])
        shared *= np.maximum(upper, 0, out=upper)
    union = _volume(one)[:, None] + _volume(other) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def _volume(boxes: NDArray) -> NDArray[np.float64]:
    return np.maximum(boxes[:, 1] - boxes[:, 0], 0).prod(axis=1)
