"""Filters that work along one axis at a time, as small matrices: blur, sharpening, lost resolution, splines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from medopt.augment.arrays import Array, empty_like, like
from medopt.augment.technique import Planes, Triple

Matrix = NDArray[np.float64]

SMALLEST_WEIGHT = 1e-4
"""Share of its peak below which a Gaussian counts as 0: at 4.3 standard deviations."""

ROWS_AT_ONCE = 24
"""Rows of a matrix that are applied together on a CPU: the fewer, the fewer zeros beside the diagonal are multiplied;
the more, the better the products run."""


@dataclass(frozen=True, eq=False)
class Band:
    """A matrix in which each row is 0 but for some neighbouring columns: row r has ``weights[r]`` (rows, width) from
    column ``first[r]`` (rows,) on. What falls outside the matrix does not count.
    """

    first: NDArray[np.intp]
    weights: Matrix


def gaussian_band(size: int, sigma: float) -> Band:
    """(size, size) Gaussian smoothing, ``sigma`` in voxels; at the ends the weights are scaled up to sum 1."""
    reach = min(gaussian_reach(sigma), size - 1)
    steps = np.arange(-reach, reach + 1)
    line = np.exp(-0.5 * (steps / max(sigma, 1e-6)) ** 2)
    line[line < SMALLEST_WEIGHT] = 0
    columns = np.arange(size)[:, None] + steps
    weights = np.where((columns >= 0) & (columns < size), line, 0)
    return Band(columns[:, 0], weights / weights.sum(axis=1, keepdims=True))


def gaussian_reach(sigma: float) -> int:
    """Voxels to either side that ``gaussian_band`` weighs, ``sigma`` in voxels."""
    return int(np.ceil(sigma * np.sqrt(-2 * np.log(SMALLEST_WEIGHT))))


def coarse_band(size: int, factor: float) -> Band:
    """(size, size): average into voxels ``factor`` times as large, then interpolate linearly back.

    Both grids share their outer edges, so that nothing is shifted.
    """
    coarse = max(1, round(size / factor))
    voxel = np.arange(size)
    if coarse >= size:
        return Band(voxel, np.ones((size, 1)))
    edges = np.linspace(0, size, coarse + 1)
    place = np.clip((voxel + 0.5) * coarse / size - 0.5, 0, coarse - 1)
    before = np.floor(place).astype(int)
    share = (place - before)[:, None]
    first = np.floor(edges[before]).astype(int)
    columns = first[:, None] + np.arange(int(np.ceil(2 * size / coarse)) + 1)

    def average(chosen: NDArray[np.intp]) -> Matrix:
        low, high = edges[chosen, None], edges[chosen + 1, None]
        return np.clip(np.minimum(high, columns + 1) - np.maximum(low, columns), 0, None) / (high - low)

    return Band(first, (1 - share) * average(before) + share * average(np.minimum(before + 1, coarse - 1)))


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


@lru_cache(maxsize=32)
def voxel_splines(size: int, count: int, step: float) -> Matrix:
    """``bspline_matrix`` at all voxels, read-only; kept, as the next patch mostly has the same size and spacing."""
    matrix = bspline_matrix(size, count, step)
    matrix.setflags(write=False)
    return matrix


def smooth(images: Array, sigmas: Sequence[float], spacings: Sequence[Triple], planes: Planes | None = None) -> Array:
    """``images`` (n, channel, k, j, i) smoothed by a Gaussian of ``sigmas`` mm, one an image; a new array.

    ``planes`` are those of the patch that the images are. Nothing is read from outside the images.
    """
    count = images.shape[2]
    sizes = (count if planes is None else planes.depth, *images.shape[3:])
    rows = []
    for sigma, spacing in zip(sigmas, spacings, strict=True):
        k, j, i = (gaussian_band(n, sigma / s) if n > 1 else None for n, s in zip(sizes, spacing, strict=True))
        rows.append([None if k is None else within(k, planes, count), j, i])
    return along_axes(images, rows)


def within(band: Band, planes: Planes | None, count: int) -> Band:
    """The part of a (depth, depth) matrix along k that maps ``count`` planes of a patch to themselves."""
    if planes is None:
        return band
    part = slice(planes.first, planes.first + count)
    return Band(band.first[part] - planes.first, band.weights[part])


def along_axes(images: Array, bands: Sequence[Sequence[Band | None]]) -> Array:
    """``images`` (n, channel, k, j, i) with one square matrix for each image and axis (k, j, i) applied; a new array.

    None leaves an axis as it is; for one axis either all images have a matrix or none has. On CPUs some rows of a
    matrix at a time are multiplied, with what stands in them alone, which saves most of the work for filters of small
    width.
    """
    n, channels, k, j, i = images.shape
    on_cpu = isinstance(images, np.ndarray) or images.device.type == "cpu"
    for axis in range(3):
        chosen = [b for b in (row[axis] for row in bands) if b is not None]
        if not chosen:
            continue
        before = images.reshape((n, 1, channels * k * j, i) if axis == 2 else (n, channels * (k if axis else 1), -1, i))
        if axis == 0:
            before = images.reshape(n, channels, k, j * i)
        after = empty_like(before)
        size = images.shape[2 + axis]
        stacked, blocks = _blocks(chosen, size, ROWS_AT_ONCE if on_cpu else size)
        weights = like(images, stacked)
        for rows, columns, part in blocks:
            if axis == 2:
                after[..., rows] = before[..., columns] @ weights[:, :, rows, part].swapaxes(2, 3)
            else:
                after[..., rows, :] = weights[:, :, rows, part] @ before[..., columns, :]
        images = after.reshape(n, channels, k, j, i)
    return images


def _blocks(bands: Sequence[Band], size: int, height: int) -> tuple[Matrix, list[tuple[slice, slice, slice]]]:
    """The matrices without what is 0 in all of them: (n, 1, size, width), and in blocks of ``height`` rows the rows,
    the columns of the matrices, and where these columns stand along the width.
    """
    starts = np.arange(0, size, height)
    low = np.minimum.reduceat(np.min([b.first for b in bands], axis=0), starts)
    high = np.maximum.reduceat(np.max([b.first + b.weights.shape[1] for b in bands], axis=0), starts)
    stacked = np.zeros((len(bands), 1, size, int((high - low).max())))
    shift = low.repeat(height)[:size]
    for one, band in zip(stacked, bands, strict=True):
        columns = (band.first - shift)[:, None] + np.arange(band.weights.shape[1])
        np.put_along_axis(one[0], columns, band.weights, axis=1)
    blocks = []
    for start, first, last in zip(starts.tolist(), low.tolist(), high.tolist(), strict=True):
        used = slice(max(first, 0), min(last, size))
        blocks.append((slice(start, start + height), used, slice(used.start - first, used.stop - first)))
    return stacked, blocks
