"""The distance from each patch of one surface to the nearest patch of another.

A tree over the few patches is exact and beats distance transforms over all voxels between them, as long as the
surfaces are near each other. Far from a surface a tree has to look at half of it for every query, so many far
patches are left to one distance transform, whose cost depends on the number of voxels alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from scipy.spatial import KDTree

NEAR = 8.0
"""Voxels (of the geometric mean spacing) within which distances are always exact."""

VOXELS_PER_QUERY = 1000
"""A far query of the tree costs about as much as this many voxels of a distance transform (measured)."""

FEW = 5_000
"""So many far patches are always left to the tree: a second or two buys an exact answer."""

BLOCK = 200_000
"""Queries that are refined at a time."""


@dataclass(frozen=True, eq=False)
class Patches:
    """A surface as patches.

    Parameters
    ----------
    points : (n, 3) mm along (k, j, i), where the patches lie
    measure : (n,) areas in mm² or lengths in mm
    cells : (n,) flat index of each patch's cell
    shape : cells along (k, j, i)
    spacing : mm between cells along (k, j, i)
    """

    points: NDArray[np.float64]
    measure: NDArray[np.float64]
    cells: NDArray[np.int64]
    shape: tuple[int, ...]
    spacing: Sequence[float]


def nearest_distances(queries: NDArray[np.int64], source: Patches, target: Patches) -> NDArray[np.float64]:
    """Distance in mm from the patches ``queries`` (indices into ``source``) to the nearest patch of ``target``.

    Exact within ``NEAR`` voxels, and beyond unless more than ``FEW`` patches lie there and a distance transform is
    cheaper: then the patches in the nearest cell and those around it are compared, which can miss the nearest patch and
    come out too long by a small part of a voxel; never too short, and never by more than twice a cell's diagonal.
    Both surfaces lie on one grid of cells; ``target`` must not be empty.
    """
    reach = NEAR * float(np.prod(source.spacing)) ** (1 / 3)
    tree = KDTree(target.points, leafsize=24, balanced_tree=False)
    found = tree.query(source.points[queries], distance_upper_bound=reach)[0]
    far = np.flatnonzero(~np.isfinite(found))
    if far.size <= max(FEW, math.prod(source.shape) // VOXELS_PER_QUERY):
        if far.size:
            found[far] = tree.query(source.points[queries[far]])[0]
        return found
    found[far] = _by_transform(queries[far], source, target)
    return found


def _by_transform(queries: NDArray[np.int64], source: Patches, target: Patches) -> NDArray[np.float64]:
    order = np.argsort(target.cells, kind="stable")
    cells, points = target.cells[order], target.points[order]
    outside = np.ones(target.shape, bool)
    outside.reshape(-1)[cells] = False
    nearest = distance_transform_edt(
        outside, sampling=target.spacing, return_distances=False, return_indices=True
    ).reshape(3, -1)
    rows, columns = target.shape[1:]
    found = np.empty(len(queries))
    for first in range(0, len(queries), BLOCK):
        block = queries[first : first + BLOCK]
        here, best = source.points[block], np.full(len(block), np.inf)
        k, j, i = nearest[:, source.cells[block]].astype(np.int64)
        for line in ((dk * rows + dj) * columns for dk in (-1, 0, 1) for dj in (-1, 0, 1)):
            # cells beside each other along i follow each other; a neighbour across the image's end does no harm
            wanted = (k * rows + j) * columns + i + line
            start = np.searchsorted(cells, wanted - 1)
            for step in range(3):
                at = np.minimum(start + step, len(cells) - 1)
                distance = np.linalg.norm(here - points[at], axis=1)
                best = np.where(np.abs(cells[at] - wanted) <= 1, np.minimum(best, distance), best)
        found[first : first + BLOCK] = best
    return found
