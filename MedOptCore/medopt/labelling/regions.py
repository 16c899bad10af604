"""Where the values of a label map lie, so that work on one class need not go over the whole image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

Region = tuple[slice, slice, slice]
"""Slices along (k, j, i)."""


def value_regions(array: NDArray) -> dict[int, Region]:
    """The smallest box around each value above 0 of an integer array (k, j, i); empty for one of zeros."""
    plain = array if array.dtype.itemsize < 8 else array.astype(np.int32)
    return {value: box for value, box in enumerate(find_objects(plain), start=1) if box is not None}


def joint_region(regions: Sequence[Region], shape: Sequence[int] | None = None, margin: int = 0) -> Region:
    """The smallest box around all ``regions`` (at least one), grown by ``margin`` voxels within ``shape``.

    In a volume of one slice nothing grows along k. Without a ``shape`` the margin must be 0.
    """
    ends = []
    for axis in range(3):
        first, last = min(r[axis].start for r in regions), max(r[axis].stop for r in regions)
        if margin and shape is not None:
            first, last = max(0, first - margin), min(shape[axis], last + margin)
        ends.append(slice(first, last))
    return ends[0], ends[1], ends[2]
