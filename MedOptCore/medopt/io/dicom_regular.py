"""Uneven and tilted slices onto an even, straight grid by linear interpolation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medopt.image import Geometry
from medopt.io.dicom_stack import Stack


def regular(volume: NDArray, arranged: Stack) -> tuple[NDArray, Geometry]:
    """The volume on its grid; the volume itself when its slices are even and straight.

    Parameters
    ----------
    volume : (channel, k, j, i), one k for each entry of ``arranged.frames``

    Returns
    -------
    The volume (dtype kept; integers are rounded) and its grid. Straightening tilt widens the grid so that
    every slice fits; what no slice covers gets the lowest value of the volume.
    """
    geometry = arranged.geometry
    if arranged.shifts is not None:
        volume, geometry = _straightened(volume, np.asarray(arranged.shifts), geometry)
    if arranged.depths is not None:
        volume = _evened(volume, np.asarray(arranged.depths), geometry)
    return volume, geometry


def _evened(volume: NDArray, depths: NDArray, geometry: Geometry) -> NDArray:
    wanted = geometry.spacing[0] * np.arange(geometry.shape[0])
    result = np.empty((volume.shape[0], *geometry.shape), volume.dtype)
    for k, depth in enumerate(np.clip(wanted, 0, depths[-1])):
        above = int(np.clip(np.searchsorted(depths, depth), 1, len(depths) - 1))
        part = (depth - depths[above - 1]) / (depths[above] - depths[above - 1])
        result[:, k] = _mixed(volume[:, above - 1], volume[:, above], float(part))
    return result


def _straightened(volume: NDArray, shifts: NDArray, geometry: Geometry) -> tuple[NDArray, Geometry]:
    """Each slice moved back by its (row, column) shift in pixels, in plane."""
    low = np.floor(shifts.min(axis=0))
    more = (np.ceil(shifts.max(axis=0)) - low).astype(int)
    rows, columns = volume.shape[2] + int(more[0]), volume.shape[3] + int(more[1])
    fill = volume.min()
    result = np.full((*volume.shape[:2], rows, columns), fill, volume.dtype)
    for k in range(volume.shape[1]):
        start = shifts[k] - low
        whole = np.floor(start).astype(int)
        part = start - whole
        padded = np.full((volume.shape[0], volume.shape[2] + 2, volume.shape[3] + 2), fill, volume.dtype)
        padded[:, 1:-1, 1:-1] = volume[:, k]
        along_rows = _mixed(padded[:, 1:], padded[:, :-1], float(part[0]))
        moved = _mixed(along_rows[:, :, 1:], along_rows[:, :, :-1], float(part[1]))
        height, width = min(moved.shape[1], rows - whole[0]), min(moved.shape[2], columns - whole[1])
        target = result[:, k, whole[0] : whole[0] + height, whole[1] : whole[1] + width]
        target[...] = moved[:, :height, :width]
    straight = Geometry((geometry.shape[0], rows, columns), geometry.spacing, geometry.origin, geometry.direction)
    return result, straight.cropped((0, int(low[0]), int(low[1])), straight.shape)


def _mixed(first: NDArray, second: NDArray, part: float) -> NDArray:
    """``first`` at part 0, ``second`` at part 1; exact copies within 1e-6 of either."""
    if part < 1e-6:
        return first
    if part > 1 - 1e-6:
        return second
    mixed = first * (1.0 - part) + second * part
    return np.rint(mixed).astype(first.dtype) if first.dtype.kind in "iu" else mixed.astype(first.dtype)
