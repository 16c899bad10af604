"""How two grids lie to each other: by whole voxels, along the same axes, or neither."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medopt.image import Geometry

TOLERANCE = 1e-3
"""Voxels. Grids that differ by less, at every corner, are the same: headers are written with six digits or so."""


def index_map(source: Geometry, target: Geometry) -> NDArray[np.float64]:
    """4×4 matrix from a homogeneous index (k, j, i, 1) of ``target`` to the index of the same place in ``source``."""
    return source.inverse_matrix @ target.matrix


def whole_voxel_shift(source: Geometry, target: Geometry) -> tuple[int, int, int] | None:
    """Where voxel (0, 0, 0) of ``target`` lies in ``source``, or None when the grids differ by more than a shift
    of whole voxels.
    """
    matrix = index_map(source, target)
    shift = np.rint(matrix[:3, 3])
    off = matrix[:3] - np.column_stack([np.eye(3), shift])
    if _largest(off, target) > TOLERANCE:
        return None
    return int(shift[0]), int(shift[1]), int(shift[2])


def along_axes(source: Geometry, target: Geometry) -> tuple[tuple[float, float], ...] | None:
    """(first, step) for each axis, when both grids have the same axes: index t of ``target`` lies at
    ``first + step * t`` in ``source``. None when one is turned against the other.
    """
    matrix = index_map(source, target)
    turned = matrix[:3, :3] - np.diag(np.diag(matrix)[:3])
    if _largest(np.column_stack([turned, np.zeros(3)]), target) > TOLERANCE:
        return None
    return tuple((float(matrix[a, 3]), float(matrix[a, a])) for a in range(3))


def shifted_copy(array: NDArray, shift: tuple[int, int, int], shape: tuple[int, int, int], fill: float) -> NDArray:
    """``array[..., shift : shift + shape]`` over the last three axes (k, j, i), with ``fill`` outside; a new array."""
    sizes = array.shape[-3:]
    result = np.full((*array.shape[:-3], *shape), fill, array.dtype)
    here: list[slice] = []
    there: list[slice] = []
    for start, size, wanted in zip(shift, sizes, shape, strict=True):
        first, last = max(start, 0), min(start + wanted, size)
        if first >= last:
            return result
        here.append(slice(first - start, last - start))
        there.append(slice(first, last))
    result[..., here[0], here[1], here[2]] = array[..., there[0], there[1], there[2]]
    return result


def _largest(rows: NDArray, grid: Geometry) -> float:
    """The largest move in voxels, over the corners of ``grid``, by the 3×4 matrix ``rows``."""
    last = np.asarray(grid.shape) - 1.0
    corners = np.array([[k, j, i, 1.0] for k in (0, last[0]) for j in (0, last[1]) for i in (0, last[2])])
    return float(np.abs(corners @ rows.T).max())
