"""A line across a bridge cuts a structure in two, and the smaller part goes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medopt.errors import MedOptError
from medopt.labelling.assist.patch import Box3, Patch
from medopt.labelling.assist.piece import Piece
from medopt.labelling.assist.strokes import as_indices, check_within

Mask = NDArray[np.bool_]


def magic_cut(piece: Piece, line: NDArray[np.intp], axis: int) -> Patch:
    """Cut the segment along a line, and take its smaller part away.

    Parameters
    ----------
    line : (n, 3) voxels of the line, drawn in a view
    axis : of (k, j, i), what the view looks along

    The line is extended along ``axis``, both ways alike and no farther than it takes to part what hangs together, so
    that a bridge of any depth is cut and what lies behind it stays whole. The voxels under the cut go with the part
    that is nearest. Raises MedOptError when the line crosses no segment, or parts nothing however deep it cuts.
    """
    line = as_indices(line, "the line's voxels")
    check_within(line, piece.current.shape, "the line's voxels")
    if not len(line) or not piece.current[tuple(line.T)].any():
        raise MedOptError("the line crosses no part of the segment", remedy="Draw it across the bridge")
    parts, _ = ndimage.label(piece.current)
    numbers = np.unique(parts[tuple(line.T)])
    touched = np.isin(parts, numbers[numbers > 0])
    near = Box3.around(np.argwhere(touched), touched.shape, (1, 1, 1))
    mask = touched[near.slices]
    blade = _blade(line, piece.current.shape, axis)[near.slices]
    if not (blade & mask).any():
        raise MedOptError("the line crosses no part of the segment", remedy="Draw it across the bridge")
    before = ndimage.label(mask)[1]
    depth = _least_depth(mask, blade, axis, before)
    if depth is None:
        raise MedOptError(
            "the line parts nothing", remedy="Draw it all across the bridge, from outside to outside of the segment"
        )
    cut = _deepened(blade, axis, depth) & mask
    found = np.zeros_like(piece.current)
    found[near.slices] = _smaller_parts(mask, cut, piece.spacing)
    return piece.changed(found, belongs=False)


def _blade(line: NDArray[np.intp], shape: tuple[int, ...], axis: int) -> Mask:
    """The line in its slice, thick enough that nothing slips through between voxels that touch by corners."""
    blade = np.zeros(shape, bool)
    blade[tuple(line.T)] = True
    cross = ndimage.generate_binary_structure(3, 1)
    flat = [slice(None)] * 3
    flat[axis] = slice(1, 2)
    return ndimage.binary_dilation(blade, cross[tuple(flat)])


def _deepened(blade: Mask, axis: int, depth: int) -> Mask:
    """The blade, so many voxels longer both ways along an axis."""
    return ndimage.maximum_filter1d(blade.view(np.uint8), 2 * depth + 1, axis=axis, mode="constant").astype(bool)


def _least_depth(mask: Mask, blade: Mask, axis: int, before: int) -> int | None:
    """The least depth at which the cut parts what hangs together; None when none does."""

    def parts(depth: int) -> bool:
        cut = _deepened(blade, axis, depth) & mask
        return len(_beside(mask, cut)[1]) > 1 and ndimage.label(mask & ~cut)[1] > before

    low, high = -1, max(1, mask.shape[axis])
    if not parts(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if parts(middle) else (middle, high)
    return high


def _beside(mask: Mask, cut: Mask) -> tuple[NDArray[np.int32], list[int]]:
    """The parts that the cut leaves, numbered, and the numbers of those that touch it."""
    parts, _ = ndimage.label(mask & ~cut)
    edge = ndimage.binary_dilation(cut)
    return parts, [int(n) for n in np.unique(parts[edge]) if n]


def _smaller_parts(mask: Mask, cut: Mask, spacing: tuple[float, float, float]) -> Mask:
    """All parts beside the cut but the largest, and their share of the voxels under it."""
    parts, beside = _beside(mask, cut)
    sizes = np.bincount(parts.ravel(), minlength=parts.max() + 1)
    largest = max(beside, key=lambda one: sizes[one])
    smaller = np.isin(parts, [one for one in beside if one != largest])
    to_small = ndimage.distance_transform_edt(~smaller, sampling=spacing)
    to_large = ndimage.distance_transform_edt(parts != largest, sampling=spacing)
    return smaller | (cut & (to_small <= to_large))
