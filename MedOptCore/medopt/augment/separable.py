"""Filters that work along one axis at a time, as small matrices: blur, sharpening, lost resolution, splines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from medopt.augment.arrays import Array, empty_like, like
from medopt.augment.technique import Planes, Triple

Matrix = NDArray[np.float64]

SMALLEST_WEIGHT = 1e-4
"""Share of its peak below which a Gaussian counts as 0: at 4.3 standard deviations."""

ROWS_AT_ONCE = 24
"""Rows of a matrix that are applied together on a CPU: the fewer, the fewer zeros beside the diagonal are multiplied;
the more, the better the products run."""


def gaussian_matrix(size: int, sigma: float) -> Matrix:
    """(size, size) Gaussian smoothing, ``sigma`` in voxels; at the ends the weights are scaled up to sum 1."""
    weights = np.exp(-0.5 * (np.arange(1 - size, size) / max(sigma, 1e-6)) ** 2)
    weights[weights < SMALLEST_WEIGHT] = 0
    rows = sliding_window_view(weights, size)[::-1]
    return rows / rows.sum(axis=1, keepdims=True)


def gaussian_reach(sigma: float) -> int:
    """Voxels to either side that ``gaussian_matrix`` weighs, ``sigma`` in voxels."""
    return int(np.ceil(sigma * np.sqrt(-2 * np.log(SMALLEST_WEIGHT))))


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
    before = np.floor(place).astype(int)
    share = (place - before)[:, None]
    return (1 - share) * down[before] + share * down[np.minimum(before + 1, coarse - 1)]


def bspline_matrix(size: int, count: int, step: float, index: NDArray[np.float64] | None = None) -> Matrix:
    """(places, count) cubic B-spline weights of control points that are centred on an axis of ``size`` voxels.

    ``step`` is the voxel's width in units of the control spacing; the places are all voxels, or the fractional
    voxel indices ``index``. A single control point has weight 1 everywhere.
    """
    place = np.arange(size, dtype=float) if index is None else index
    if count == 1:
        return np.ones((place.size, 1))
    at = (place - (size - 1) / 2) * step + (count - 1) / 2
    near = np.floor(at)[:, None] + np.arange(-1, 3)  # all that weigh anything
    d = np.abs(at[:, None] - near)
    weights = np.where(d < 1, 2 / 3 - d**2 + d**3 / 2, np.where(d < 2, (2 - d) ** 3 / 6, 0.0))
    there = (near >= 0) & (near < count)
    result = np.zeros((place.size, count))
    result[np.nonzero(there)[0], near[there].astype(np.intp)] = weights[there]
    return result


def smooth(images: Array, sigmas: Sequence[float], spacings: Sequence[Triple], planes: Planes | None = None) -> Array:
    """``images`` (n, channel, k, j, i) smoothed by a Gaussian of ``sigmas`` mm, one an image; a new array.

    ``planes`` are those of the patch that the images are. Nothing is read from outside the images.
    """
    count = images.shape[2]
    sizes = (count if planes is None else planes.depth, *images.shape[3:])
    rows = []
    for sigma, spacing in zip(sigmas, spacings, strict=True):
        k, j, i = (gaussian_matrix(n, sigma / s) if n > 1 else None for n, s in zip(sizes, spacing, strict=True))
        rows.append([None if k is None else within(k, planes, count), j, i])
    return along_axes(images, rows)


def within(matrix: Matrix, planes: Planes | None, count: int) -> Matrix:
    """The part of a (depth, depth) matrix along k that maps ``count`` planes of a patch to themselves."""
    if planes is None:
        return matrix
    part = slice(planes.first, planes.first + count)
    return matrix[part, part]


def along_axes(images: Array, matrices: Sequence[Sequence[Matrix | None]]) -> Array:
    """``images`` (n, channel, k, j, i) with one matrix for each image and axis (k, j, i) applied; a new array.

    None leaves an axis as it is; for one axis either all images have a matrix or none has. On CPUs only the band of
    a matrix in which something stands is multiplied, which saves most of the work for filters of small width.
    """
    n, channels, k, j, i = images.shape
    banded = isinstance(images, np.ndarray) or images.device.type == "cpu"
    for axis in range(3):
        chosen = [m for m in (row[axis] for row in matrices) if m is not None]
        if not chosen:
            continue
        stacked = np.stack(chosen)
        before = images.reshape((n, 1, channels * k * j, i) if axis == 2 else (n, channels * (k if axis else 1), -1, i))
        if axis == 0:
            before = images.reshape(n, channels, k, j * i)
        after = empty_like(before)
        for rows, columns in _blocks(stacked, ROWS_AT_ONCE if banded else stacked.shape[1]):
            weights = like(images, stacked[:, None, rows, columns])
            if axis == 2:
                after[..., rows] = before[..., columns] @ weights.swapaxes(2, 3)
            else:
                after[..., rows, :] = weights @ before[..., columns, :]
        images = after.reshape(n, channels, k, j, i)
    return images


def _blocks(matrices: Matrix, height: int) -> Iterator[tuple[slice, slice]]:
    """Rows, ``height`` at a time, and the columns outside which all matrices (n, rows, columns) are 0 in them."""
    for first in range(0, matrices.shape[1], height):
        rows = slice(first, min(first + height, matrices.shape[1]))
        used = np.flatnonzero(matrices[:, rows].any(axis=(0, 1)))
        if used.size:
            yield rows, slice(int(used[0]), int(used[-1]) + 1)
        else:
            yield rows, slice(0, 1)
