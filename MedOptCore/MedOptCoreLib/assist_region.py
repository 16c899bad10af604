"""Which part of the image an answer looks at: around the stroke first, larger while the answer runs into its border."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _

MOST_VOXELS = 256**3
"""No region is larger."""
FIRST_MARGIN = 32
"""Voxels of the finest axis that the first region reaches beyond the stroke."""
FEWEST = 3
"""Voxels that it reaches beyond the stroke along a coarse axis."""


def region_around(voxels: NDArray[np.intp], geometry: Any, factor: float = 1.0) -> Any:
    """The box around (n, 3) voxels (k, j, i), equally far in mm along each axis, cut to the grid of ``geometry``.

    ``factor`` scales how far. A box of more than ``MOST_VOXELS`` is made to reach less far. Raises MedOptError when
    the voxels alone span more than that.
    """
    from medopt.labelling.assist.patch import Box3

    reach = factor * FIRST_MARGIN * min(geometry.spacing)
    fewest = FEWEST

    def box(share: float) -> Any:
        margin = [max(int(np.ceil(share * reach / mm)), round(share * fewest)) for mm in geometry.spacing]
        return Box3.around(voxels, geometry.shape, margin)

    if np.prod(box(0.0).shape) > MOST_VOXELS:
        raise MedOptError(
            _("the stroke spans too much of the image"),
            expected=_("{n} voxels at most in the box around it").format(n=MOST_VOXELS),
            remedy=_("Draw shorter strokes"),
        )
    low, high = 0.0, 1.0
    if np.prod(box(1.0).shape) <= MOST_VOXELS:
        return box(1.0)
    for _step in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if np.prod(box(middle).shape) <= MOST_VOXELS else (low, middle)
    return box(low)


def is_cut_off(corner: Sequence[int], shape: Sequence[int], box: Any, whole: Sequence[int]) -> bool:
    """Whether a change of ``shape`` voxels at ``corner`` reaches a side of ``box`` that is no side of the image."""
    if min(shape) < 1:
        return False
    low = [a == b and b > 0 for a, b in zip(corner, box.start, strict=True)]
    high = [a + n == b and b < w for a, n, b, w in zip(corner, shape, box.stop, whole, strict=True)]
    return any(low) or any(high)


def region_in_slice(voxels: NDArray[np.intp], axis: int, shape: Sequence[int]) -> Any:
    """The whole slice that all (n, 3) voxels lie in, across ``axis`` of (k, j, i); MedOptError when they do not."""
    from medopt.labelling.assist.patch import Box3

    if np.unique(voxels[:, axis]).size != 1:
        raise MedOptError(
            _("the slice view is not parallel to the voxels"),
            expected=_("a view along an axis of the image"),
            remedy=_("Press the button with the rotated slice above the tools"),
        )
    start, stop = [0, 0, 0], [int(n) for n in shape]
    start[axis] = int(voxels[0, axis])
    stop[axis] = start[axis] + 1
    return Box3(tuple(start), tuple(stop))  # type: ignore[arg-type]
