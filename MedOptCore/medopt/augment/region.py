"""Read the part of a volume that a patch needs, and no more."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike, NDArray

from medopt.augment.placement import Placement
from medopt.augment.registry import Border


def needed(placement: Placement, shape: tuple[int, int, int]) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """First voxel and size along (k, j, i) of the box that a patch of ``shape`` is read from; may leave the volume.

    Linear interpolation finds both neighbours of every point inside the box.
    """
    matrix = placement.matrix
    if matrix is None:
        return placement.start, shape
    ends = matrix[:, :3, None] * np.stack([np.zeros(3), np.asarray(shape) - 1.0], axis=-1)
    low, high = ends.min(axis=2).sum(axis=1), ends.max(axis=2).sum(axis=1)
    if placement.displacement is not None:  # B-splines stay within the values of their control points
        points = placement.displacement.points.reshape(3, -1)
        low, high = low + points.min(axis=1), high + points.max(axis=1)
    slack = 1e-3
    first = np.floor(low + matrix[:, 3] - slack).astype(int)
    last = np.floor(high + matrix[:, 3] + slack).astype(int) + 1
    k, j, i = (int(n) for n in first)
    a, b, c = (int(n) for n in last - first + 1)
    return (k, j, i), (a, b, c)


def read(
    volume: NDArray, start: tuple[int, int, int], size: tuple[int, int, int], border: Border, dtype: DTypeLike
) -> NDArray:
    """``volume[..., start : start + size]`` over the last three axes (k, j, i), as a new array of ``dtype``.

    ``volume`` may be memory-mapped; only the box is read. Outside the volume stand zeros, or with ``edge`` the
    values of its outermost voxels.
    """
    sizes = volume.shape[-3:]
    if border == "zeros":
        clipped = [(max(s, 0), min(s + n, m)) for s, n, m in zip(start, size, sizes, strict=True)]
    else:
        clipped = [(min(max(s, 0), m - 1), max(min(s + n, m), 1)) for s, n, m in zip(start, size, sizes, strict=True)]
    k, j, i = (slice(a, b) for a, b in clipped)
    whole = all(a == s and b == s + n for (a, b), s, n in zip(clipped, start, size, strict=True))
    if whole:
        return np.array(volume[..., k, j, i], dtype, order="C")
    if border == "edge":
        inner = np.array(volume[..., k, j, i], dtype, order="C")
        for axis, ((a, b), s, n) in enumerate(zip(clipped, start, size, strict=True)):
            index = np.clip(np.arange(s, s + n) - a, 0, b - a - 1)
            inner = np.take(inner, index, axis=axis - 3)
        return np.ascontiguousarray(inner)
    result = np.empty((*volume.shape[:-3], *size), dtype)
    inside = [slice(max(a - s, 0), max(b - s, 0)) for (a, b), s in zip(clipped, start, strict=True)]
    for axis, within in enumerate(inside):
        for outside in (slice(0, within.start), slice(within.stop, None)):
            to = [*inside[:axis], outside, *[slice(None)] * (2 - axis)]
            result[..., to[0], to[1], to[2]] = 0
    if all(b > a for a, b in clipped):
        result[..., inside[0], inside[1], inside[2]] = volume[..., k, j, i]
    return result
