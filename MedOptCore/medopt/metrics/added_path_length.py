"""Added path length: how much outline somebody had to draw to come from one mask to another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError


@dataclass(frozen=True)
class AddedPath:
    """Outline that is new.

    Parameters
    ----------
    voxels : edge voxels of the new mask that are no edge voxels of the old one
    mm : their number times the side of a voxel in the plane of its slice
    """

    voxels: int
    mm: float


def added_path_length(before: NDArray, after: NDArray, spacing: Sequence[float]) -> AddedPath:
    """The part of the outline of ``after`` that is no part of the outline of ``before``, slice by slice.

    Vaassen et al., "Evaluation of measures for assessing time-saving of automatic organ-at-risk segmentation in
    radiotherapy", Phys Imaging Radiat Oncol 2020;13:1-6: it goes with the time that a correction takes better than
    Dice or surface distances do. Outlines are drawn in slices, so an edge voxel is one that lies in the mask and has
    one of its four neighbours *in the slice* (along j and i) outside of it; see ``slice_edges``. No tolerance: a voxel
    beside the old outline is new. What is taken away counts only where that leaves an outline elsewhere; a component
    that is deleted whole costs nothing.

    Parameters
    ----------
    before, after : (k, j, i) masks of one shape, bool or any dtype where nonzero is inside; slices follow k
    spacing : mm between voxel centres along (k, j, i); for pixels that are not square the side is √(j·i)

    An empty ``before`` gives the whole outline, an empty ``after`` 0. Raises MedOptError when the shapes differ, are
    not 3D, or the spacing is not three positive numbers.
    """
    if before.shape != after.shape or before.ndim != 3:
        raise MedOptError(
            "the masks do not fit together",
            expected="two arrays of one shape (k, j, i)",
            found=f"{before.shape} and {after.shape}",
        )
    if len(spacing) != 3 or not all(math.isfinite(s) and s > 0 for s in spacing):
        raise MedOptError("wrong spacing", expected="three numbers above 0 mm", found=str(tuple(spacing)))
    voxels = int(np.count_nonzero(slice_edges(after) & ~slice_edges(before)))
    return AddedPath(voxels, voxels * math.sqrt(spacing[1] * spacing[2]))


def slice_edges(mask: NDArray) -> NDArray[np.bool_]:
    """(k, j, i) which voxels of the mask have one of their four neighbours along j and i outside of it.

    Outside the array everything counts as background, so a mask is closed where the image ends.
    """
    inside = np.asarray(mask) != 0
    wide = np.pad(inside, ((0, 0), (1, 1), (1, 1)))
    deep = wide[:, :-2, 1:-1] & wide[:, 2:, 1:-1] & wide[:, 1:-1, :-2] & wide[:, 1:-1, 2:]
    return inside & ~deep
