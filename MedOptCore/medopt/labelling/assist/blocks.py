"""A coarse grid of block means, and the way back: what makes answers on large regions quick."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Factors = tuple[int, int, int]


def factors_for(shape: Sequence[int], spacing: Sequence[float], most: int) -> Factors:
    """Voxels along (k, j, i) to join, so that at most ``most`` blocks are left; the finest axis is joined first."""
    factors = [1, 1, 1]

    def left(axis: int) -> int:
        return -(-shape[axis] // factors[axis])

    while left(0) * left(1) * left(2) > most:
        long = [axis for axis in range(3) if left(axis) > 1]
        axis = min(long, key=lambda one: (factors[one] * spacing[one], -left(one)))
        factors[axis] += 1
    return factors[0], factors[1], factors[2]


def block_means(array: NDArray, factors: Factors) -> NDArray[np.float32]:
    """Means of blocks along the last three axes, float32; a block that the edge cuts counts what it has."""
    result = np.asarray(array)
    if factors == (1, 1, 1):
        return result.astype(np.float32)
    if result.dtype == bool:
        result = result.view(np.uint8)
    for axis, factor in zip((-3, -2, -1), factors, strict=True):
        result = _means(result, axis, factor)
    return result


def _means(array: NDArray, axis: int, factor: int) -> NDArray[np.float32]:
    if factor == 1:
        return array.astype(np.float32, copy=False)
    moved = np.moveaxis(array, axis, 0)
    length = moved.shape[0]
    whole = length // factor
    first = moved[: whole * factor : factor].astype(np.float32)
    for step in range(1, factor):
        first += moved[step : whole * factor : factor]
    first *= np.float32(1 / factor)
    if whole * factor < length:
        rest = moved[whole * factor :].mean(axis=0, dtype=np.float32)
        first = np.concatenate([first, rest[np.newaxis]])
    return np.ascontiguousarray(np.moveaxis(first, 0, axis))


def enlarged(
    coarse: NDArray[np.float32], factors: Factors, start: Sequence[int], shape: Sequence[int]
) -> NDArray[np.float32]:
    """Values of a coarse grid (k, j, i) at ``shape`` fine voxels from ``start`` on, linear between block centres."""
    result = coarse
    for axis, (factor, first, count) in enumerate(zip(factors, start, shape, strict=True)):
        place = (np.arange(first, first + count) + 0.5) / factor - 0.5
        place = np.clip(place, 0, coarse.shape[axis] - 1)
        low = np.minimum(place.astype(np.intp), max(0, coarse.shape[axis] - 2))
        high = np.minimum(low + 1, coarse.shape[axis] - 1)
        share = (place - low).astype(np.float32).reshape([-1 if one == axis else 1 for one in range(3)])
        result = result.take(low, axis) * (1 - share) + result.take(high, axis) * share
    return result


def repeated(mask: NDArray[np.bool_], factors: Factors, shape: Sequence[int]) -> NDArray[np.bool_]:
    """A mask of blocks (k, j, i) as one of ``shape`` fine voxels from its first block on."""
    for axis, factor in enumerate(factors):
        if factor > 1:
            mask = mask.repeat(factor, axis)
    return mask[tuple(slice(0, n) for n in shape)]
