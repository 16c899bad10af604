"""Filters that work along one axis at a time, as small matrices: blur, sharpening, lost resolution, splines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

Matrix = NDArray[np.float64]


def gaussian_matrix(size: int, sigma: float) -> Matrix:
    """(size, size) Gaussian smoothing, ``sigma`` in voxels; at the ends the weights are scaled up to sum 1."""
    place = np.arange(size)
    weights = np.exp(-0.5 * ((place[:, None] - place) / max(sigma, 1e-6)) ** 2)
    weights[weights < 1e-4] = 0
    return weights / weights.sum(axis=1, keepdims=True)


def coarse_matrix(size: int, factor: float) -> Matrix:
    """(size, size): average into voxels ``factor`` times as large, then interpolate linearly back.

    Both grids share their outer edges, so that nothing is shifted.
    """
    coarse = max(1, round(size / factor))
    if coarse >= size:
        return np.eye(size)
    edges = np.linspace(0, size, coarse + 1)
    low, high = edges[:-1, None], edges[1:, None]
    voxel = np.arange(size)
    down = np.clip(np.minimum(high, voxel + 1) - np.maximum(low, voxel), 0, None)
    down /= down.sum(axis=1, keepdims=True)
    place = np.clip((voxel + 0.5) * coarse / size - 0.5, 0, coarse - 1)
    up = np.clip(1 - np.abs(place[:, None] - np.arange(coarse)), 0, None)
    return up @ down


def bspline_matrix(size: int, count: int, step: float, index: NDArray[np.float64] | None = None) -> Matrix:
    """(places, count) cubic B-spline weights of control points that are centred on an axis of ``size`` voxels.

    ``step`` is the voxel's width in units of the control spacing; the places are all voxels, or the fractional
    voxel indices ``index``. A single control point has weight 1 everywhere.
    """
    place = np.arange(size, dtype=float) if index is None else index
    if count == 1:
        return np.ones((place.size, 1))
    at = (place - (size - 1) / 2) * step + (count - 1) / 2
    d = np.abs(at[:, None] - np.arange(count))
    return np.where(d < 1, 2 / 3 - d**2 + d**3 / 2, np.where(d < 2, (2 - d) ** 3 / 6, 0.0))


def along_axes(images: Tensor, matrices: Sequence[Sequence[Matrix | None]]) -> Tensor:
    """``images`` (n, channel, k, j, i) with one matrix for each image and axis (k, j, i) applied; a new tensor.

    None leaves an axis as it is; for one axis either all images have a matrix or none has.
    """
    n, channels, k, j, i = images.shape
    for axis in range(3):
        chosen = [m for m in (row[axis] for row in matrices) if m is not None]
        if not chosen:
            continue
        weights = images.new_tensor(np.stack(chosen))
        if axis == 2:
            images = images.reshape(n, channels * k * j, i) @ weights.transpose(1, 2)
        elif axis == 1:
            images = weights[:, None] @ images.reshape(n, channels * k, j, i)
        else:
            images = weights[:, None] @ images.reshape(n, channels, k, j * i)
        images = images.reshape(n, channels, k, j, i)
    return images
