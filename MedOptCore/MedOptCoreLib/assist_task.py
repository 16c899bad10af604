"""One question of MedOpt Assist: a part of the image, and what was drawn in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class AssistTask:
    """All arrays cover the same part of the grid; indices (k, j, i) count from its first voxel.

    Parameters
    ----------
    corner : (k, j, i) of the part's first voxel in the grid
    spacing : mm along (k, j, i)
    image : float32 (channel, k, j, i)
    current : bool (k, j, i), the segment now
    probability : float32 (k, j, i), 0 to 1, what a model says about the structure; None without one
    allowed : bool (k, j, i), where the segment may change; None for everywhere
    positive, negative : (n, 3) voxels of all strokes so far, the new one among them
    line : (n, 3) voxels of the new stroke
    points : (n, 3) fractional indices of the new line's points, in its order
    axis : of (k, j, i), what the slice view looks along
    belongs : whether the new stroke says "this is the structure"
    radius : mm, of the brush
    """

    corner: tuple[int, int, int]
    spacing: tuple[float, float, float]
    image: NDArray[np.float32]
    current: NDArray[np.bool_]
    probability: NDArray[np.float32] | None
    allowed: NDArray[np.bool_] | None
    positive: NDArray[np.intp]
    negative: NDArray[np.intp]
    line: NDArray[np.intp]
    points: NDArray[np.float64]
    axis: int
    belongs: bool
    radius: float
