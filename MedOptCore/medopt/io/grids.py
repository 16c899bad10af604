"""Grids from the matrices in files, and arrays moved between grids that differ by whole voxels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medopt.errors import MedOptError
from medopt.image import Geometry

PARALLEL = 0.99
"""Smallest cosine between axes that may be taken for each other; whole voxels are then checked exactly."""
SHEAR_TOLERANCE = 1e-3
"""Largest cosine between two axes that still counts as a right angle; the same as Geometry's own."""


def geometry_from_columns(shape: Sequence[int], columns: ArrayLike, origin: ArrayLike, where: Path) -> Geometry:
    """The grid of a file.

    Parameters
    ----------
    shape : voxels along (k, j, i)
    columns : 3×3; column ``a`` is the LPS vector in mm from one voxel to the next along axis ``a`` of (k, j, i)
    origin : LPS mm of the first voxel's centre
    where : the file, for messages

    Raises MedOptError for a grid that is sheared, flat or not finite.
    """
    matrix = np.asarray(columns, float)
    spacing = np.linalg.norm(matrix, axis=0)
    if not np.isfinite(matrix).all() or not np.isfinite(np.asarray(origin, float)).all() or not (spacing > 0).all():
        raise MedOptError(
            "the file's orientation is not usable",
            where=where,
            expected="three finite axis vectors longer than 0 mm and a finite origin",
            found=f"spacing {_numbers(spacing[::-1])} mm, origin {_numbers(origin)}",
        )
    unit = matrix / spacing
    gram = unit.T @ unit
    if np.abs(gram - np.eye(3)).max() > SHEAR_TOLERANCE:
        angles = [np.degrees(np.arccos(np.clip(gram[a, b], -1, 1))) for a, b in ((2, 1), (2, 0), (1, 0))]
        raise MedOptError(
            "the voxel grid is sheared",
            where=where,
            expected="axes at right angles",
            found=f"angles of {_numbers(angles)} degrees between i-j, i-k and j-k",
            remedy="Resample the volume to a grid with right angles and import the result",
        )
    k, j, i = (int(n) for n in shape)
    x, y, z = (float(v) for v in np.asarray(origin, float))
    rows = tuple((float(a), float(b), float(c)) for a, b, c in unit)
    return Geometry((k, j, i), tuple(spacing), (x, y, z), (rows[0], rows[1], rows[2]))


def whole_voxel_shift(grid: Geometry, target: Geometry, tolerance: float = 0.01) -> tuple[int, int, int] | None:
    """Where voxel (0, 0, 0) of ``grid`` lies on ``target``, as a whole (k, j, i) index.

    None when the two do not share spacing, directions and voxel centres within ``tolerance`` voxels anywhere
    on ``grid``.
    """
    corners = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)]) * np.asarray(grid.shape)
    on_target = target.lps_to_index(grid.index_to_lps(corners))
    shift = np.rint(on_target[0])
    if np.abs(on_target - corners - shift).max() > tolerance:
        return None
    k, j, i = (int(n) for n in shift)
    return k, j, i


def turned(array: NDArray, grid: Geometry, target: Geometry) -> tuple[NDArray, Geometry]:
    """The array with its axes in the order and sense of ``target``'s, where the two differ by that alone.

    Slicer reverses the slices of left-handed volumes when it loads them, dcm2niix reverses rows, others reorder
    axes: the voxels stay where they are in the patient. Arrays on grids that are oblique to each other, and
    those that already agree, are returned as they are.

    Parameters
    ----------
    array : (…, k, j, i) on ``grid``

    Returns
    -------
    A view of the array, and its grid.
    """
    cosines = np.asarray(target.direction).T @ np.asarray(grid.direction)
    order = np.abs(cosines).argmax(axis=1)  # the axis of grid that runs along each axis of target
    along = cosines[np.arange(3), order]
    if set(order.tolist()) != {0, 1, 2} or np.abs(along).min() < PARALLEL:
        return array, grid
    reversed_ = along < 0
    if not reversed_.any() and order.tolist() == [0, 1, 2]:
        return array, grid
    lead = array.ndim - 3
    result = array.transpose([*range(lead), *(lead + order)])
    result = result[(..., *(slice(None, None, -1) if flip else slice(None) for flip in reversed_))]
    k, j, i = (grid.shape[a] for a in order)
    first = np.zeros(3)
    first[order[reversed_]] = np.asarray(grid.shape)[order[reversed_]] - 1
    columns = np.asarray(grid.direction)[:, order] * np.where(reversed_, -1.0, 1.0)
    rows = tuple((float(a), float(b), float(c)) for a, b, c in columns)
    spacing = tuple(grid.spacing[a] for a in order)
    return result, Geometry((k, j, i), spacing, tuple(grid.index_to_lps(first)), (rows[0], rows[1], rows[2]))  # type: ignore[arg-type]


def place_on_grid(array: NDArray, grid: Geometry, target: Geometry, where: Path | str | None = None) -> NDArray:
    """The array on ``target``: moved by whole voxels, axes turned if need be, zero where ``array`` has none.

    Parameters
    ----------
    array : (…, k, j, i) on ``grid``

    Returns
    -------
    The array itself when the grids agree already, else a copy or a view of it.

    Raises MedOptError when the grids differ in more than that, or when voxels other than 0 would be lost.
    """
    array, grid = turned(array, grid, target)
    if grid.is_close(target):
        return array
    shift = whole_voxel_shift(grid, target)
    if shift is None:
        raise MedOptError(
            "the grids do not fit",
            where=where,
            expected=f"voxels of {_numbers(target.spacing[::-1])} mm that lie on those of the reference",
            found=f"voxels of {_numbers(grid.spacing[::-1])} mm that lie elsewhere",
            remedy="Resample the label to its image",
        )
    source: list[Any] = [...]
    goal: list[Any] = [...]
    for start, length, full in zip(shift, grid.shape, target.shape, strict=True):
        first, last = max(start, 0), max(min(start + length, full), max(start, 0))
        goal.append(slice(first, last))
        source.append(slice(first - start, last - start))
    result = np.zeros(array.shape[:-3] + target.shape, array.dtype)
    kept = array[tuple(source)]
    result[tuple(goal)] = kept
    if np.count_nonzero(kept) != np.count_nonzero(array):
        raise MedOptError(
            "labelled voxels lie outside the image",
            where=where,
            expected=f"all within {target.shape} voxels (k, j, i)",
            found=f"{np.count_nonzero(array) - np.count_nonzero(kept):,} voxels outside",
        )
    return result


def _numbers(values: ArrayLike) -> str:
    return " × ".join(f"{float(v):.6g}" for v in np.asarray(values, float).ravel())
