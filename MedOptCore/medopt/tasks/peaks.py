"""Boxes from a heat map of centres with sizes and offsets; numpy and scipy alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from medopt.metrics.box_iou import box_iou

LOG_SIZES = (-5.0, 10.0)
"""Logarithms of sizes in voxels are taken as if within these, so that no answer of a network is infinite."""
LOOKED_AT = 4
"""Times as many centres as boxes are wanted enter the search for boxes that cover each other."""


def decode_boxes(
    scores: NDArray,
    stride: Sequence[int],
    dims: int,
    *,
    threshold: float,
    most: int,
    overlap: float | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float32]]:
    """The inverse of ``medopt.tasks.heatmap.encode_boxes``, best box first.

    Parameters
    ----------
    scores : (classes + 2 dims, *cells): for each class how likely a cell is a box's centre, then logarithms of sizes
        in voxels, then offsets of the centre from the middle of the cell in cells, along (k, j, i), in 2D (j, i). In
        2D cells may also have a k axis: each slice is then a picture of its own
    stride : voxels (k, j, i) that a cell covers
    dims : 2 or 3
    threshold : centres that score less are dropped
    most : boxes at most
    overlap : boxes that overlap a better one of their class by more than this IoU are dropped, of the best
        ``LOOKED_AT * most``; None keeps all

    A centre is a cell that no neighbour of its class exceeds, corners included (Zhou et al. 2019). Returns corners
    (n, 2, 3) lower and upper (k, j, i) in voxel indices, where a box in 2D covers its slice k from k - 0.5 to k + 0.5,
    classes (n,) from 0, and scores (n,). Equal scores come in the order of the classes and cells. Values that are not
    a number are no centres.
    """
    classes = scores.shape[0] - 2 * dims
    heat = np.where(np.isfinite(scores[:classes]), scores[:classes], -np.inf)
    reach = (1,) * (heat.ndim - dims) + (3,) * dims
    peak = (heat >= threshold) & (heat == maximum_filter(heat, size=reach, mode="constant", cval=-np.inf))
    places = np.nonzero(peak)
    sure = heat[peak]
    order = np.argsort(-sure, kind="stable")
    order = order[: most if overlap is None else LOOKED_AT * most]
    index = places[0][order]
    cell = tuple(place[order] for place in places[1:])
    values = np.stack([channel[cell] for channel in scores[classes:]], axis=1).astype(float)
    corners = _corners(values, np.stack(cell, axis=1), stride, dims)
    sure = sure[order].astype(np.float32)
    if overlap is not None:
        kept = _suppress(corners, index, overlap, most)
        corners, index, sure = corners[kept], index[kept], sure[kept]
    return corners, index.astype(np.int64), sure


def _corners(values: NDArray, cell: NDArray, stride: Sequence[int], dims: int) -> NDArray[np.float64]:
    """(n, 2, 3) of log sizes and offsets (n, 2 dims) at cells (n, axes)."""
    sizes = np.exp(np.clip(np.nan_to_num(values[:, :dims]), *LOG_SIZES))
    middle = (cell[:, -dims:] + 0.5 + np.nan_to_num(values[:, dims:])) * stride[-dims:] - 0.5
    corners = np.empty((len(cell), 2, 3))
    corners[:, 0, 3 - dims :], corners[:, 1, 3 - dims :] = middle - sizes / 2, middle + sizes / 2
    if dims == 2:
        slices = cell[:, 0] if cell.shape[1] == 3 else np.zeros(len(cell))
        corners[:, 0, 0], corners[:, 1, 0] = slices - 0.5, slices + 0.5
    return corners


def _suppress(corners: NDArray, classes: NDArray, overlap: float, most: int) -> NDArray[np.int64]:
    """Boxes, best first, without those that overlap a better one of their class."""
    kept: list[int] = []
    left = np.arange(len(corners))
    while left.size and len(kept) < most:
        best = left[0]
        kept.append(int(best))
        left = left[1:]
        twins = (box_iou(corners[best], corners[left])[0] > overlap) & (classes[left] == classes[best])
        left = left[~twins]
    return np.array(kept, np.int64)
