"""Leave no crumbs: what an answer adds hangs on the strokes, has no holes, and what it cuts leaves no islands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Mask = NDArray[np.bool_]


def connected_to(mask: Mask, seeds: NDArray[np.intp]) -> Mask:
    """The parts of ``mask`` (k, j, i) that hold one of the ``seeds`` (n, 3); parts are voxels that touch by faces."""
    parts, count = ndimage.label(mask)
    keep = np.zeros(count + 1, bool)
    keep[parts[tuple(seeds.T)]] = True
    keep[0] = False
    return keep[parts]


def enclosed(mask: Mask, most: float) -> Mask:
    """Voxels outside of ``mask`` that it encloses, in holes of up to ``most`` voxels each.

    A hole is bounded by the mask on all sides; what reaches the border of the array is none. In an array of one slice
    holes are those of the slice.
    """
    open_sides = [(1, 1) if n > 1 else (0, 0) for n in mask.shape]
    inner = tuple(slice(1, -1) if n > 1 else slice(None) for n in mask.shape)
    parts, count = ndimage.label(np.pad(~mask, open_sides, constant_values=True))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    hole = sizes <= most
    hole[[0, parts.flat[0]]] = False
    return hole[parts[inner]]
