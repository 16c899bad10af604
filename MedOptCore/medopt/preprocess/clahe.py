"""Tables of new values for the tiles of a volume, and their use with linear interpolation between tiles."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

Edges = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]

SMALLEST_TILE = 4
"""Voxels along an axis: fewer give a histogram of noise."""
LEFT_OVER = 1e-3
"""Share of a histogram that may be left undistributed above the limit."""


def tile_edges(size: int, side: float) -> NDArray[np.intp]:
    """First voxels of the tiles along an axis of ``size`` voxels, and its end: as many equal tiles of about ``side``
    voxels as fit, none smaller than SMALLEST_TILE.
    """
    count = max(1, min(round(size / side), size // SMALLEST_TILE))
    return np.rint(np.linspace(0, size, count + 1)).astype(np.intp)


def clip_histograms(counts: NDArray[np.float64], limit: float) -> NDArray[np.float64]:
    """(tile, bin) counts with no bin above ``limit`` mean bins of its tile; what is cut off is spread evenly over the
    bins below the limit, again and again until nothing to speak of is left. ``limit`` is at least 1.
    """
    total = counts.sum(axis=1, keepdims=True)
    highest = limit * total / counts.shape[1]
    result = counts.copy()
    while True:
        excess = np.clip(result - highest, 0, None).sum(axis=1, keepdims=True)
        if (excess <= LEFT_OVER * total).all():
            return result
        np.minimum(result, highest, out=result)
        room = result < highest
        result += np.where(room, excess / np.maximum(room.sum(axis=1, keepdims=True), 1), 0)


class TileTables:
    """One table a tile: count all slabs, close, then apply to any slab.

    Parameters
    ----------
    edges : for each axis (k, j, i) the first voxels of the tiles and the end of the axis
    bins : of each histogram
    low, high : the range, ``low < high``; values outside are neither counted nor changed
    """

    def __init__(self, edges: Edges, bins: int, low: float, high: float) -> None:
        self._edges, self._bins, self._low = edges, bins, low
        self._shape = tuple(len(e) - 1 for e in edges)
        self._span = high - low
        self._counts = np.zeros(int(np.prod(self._shape)) * bins)
        self._start = self._step = np.empty(0, np.float32)

    def count(self, values: NDArray[np.float32], first: int) -> None:
        """Take in a slab (k, j, i) whose first slice is ``first``."""
        tile = [np.searchsorted(e, np.arange(a, a + n), "right") - 1 for e, a, n in zip(
            self._edges, (first, 0, 0), values.shape, strict=True
        )]  # fmt: skip
        place = (values - np.float32(self._low)) * np.float32(self._bins / self._span)
        inside = (place >= 0) & (place <= self._bins)
        index = np.minimum(np.where(inside, place, 0).astype(np.intp), self._bins - 1)
        index += self._base(tile)
        self._counts += np.bincount(index[inside], minlength=self._counts.size)

    def close(self, limit: float) -> None:
        """Make the tables from what was counted."""
        counts = self._counts.reshape(-1, self._bins)
        total = counts.sum(axis=1, keepdims=True)
        flat = np.arange(self._bins + 1) / self._bins
        shares = np.zeros((len(counts), self._bins + 1))
        np.cumsum(clip_histograms(counts, limit), axis=1, out=shares[:, 1:])
        shares = np.where(total > 0, shares / np.maximum(total, 1), flat)  # an empty tile changes nothing
        shares[(counts == total).any(axis=1)] = flat  # nor does one of a single value
        shares[:, -1] = 1.0
        table = self._low + self._span * shares
        self._start = table[:, :-1].astype(np.float32).ravel()
        self._step = np.diff(table, axis=1).astype(np.float32).ravel()

    def apply(self, values: NDArray[np.float32], first: int) -> NDArray[np.float32]:
        """New values of a slab (k, j, i) whose first slice is ``first``."""
        begins = (first, 0, 0)
        found = [self._neighbours(axis, begins[axis], values.shape[axis]) for axis in range(3)]
        below, above, share = zip(*found, strict=True)
        place = (values - np.float32(self._low)) * np.float32(self._bins / self._span)
        inside = (place >= 0) & (place <= self._bins)
        np.clip(place, 0, self._bins, out=place)
        bin_ = np.minimum(place.astype(np.intp), self._bins - 1)
        place -= bin_
        result = np.zeros_like(values)
        spread = [axis for axis in range(3) if self._shape[axis] > 1]
        for corner in product((False, True), repeat=len(spread)):
            upper = dict(zip(spread, corner, strict=True))
            index = bin_ + self._base([(above if upper.get(a) else below)[a] for a in range(3)])
            part = self._step.take(index)
            part *= place
            part += self._start.take(index)
            for axis in spread:
                weight = share[axis] if upper[axis] else 1 - share[axis]
                part *= weight.reshape([-1 if a == axis else 1 for a in range(3)])
            result += part
        return np.where(inside, result, values)

    def _base(self, tile: list[NDArray[np.intp]]) -> NDArray[np.intp]:
        """Where the tables of the tiles at (k, j, i) begin."""
        k, j, i = tile
        _, rows, columns = self._shape
        return ((k[:, None, None] * rows + j[:, None]) * columns + i) * self._bins

    def _neighbours(
        self, axis: int, first: int, count: int
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
        """The tiles before and after each voxel by their centres, and the share of the one after."""
        edges = self._edges[axis]
        centers = (edges[:-1] + edges[1:] - 1) / 2
        at = np.arange(first, first + count)
        after = np.searchsorted(centers, at, "right")
        below, above = np.clip(after - 1, 0, len(centers) - 1), np.clip(after, 0, len(centers) - 1)
        gap = np.where(above > below, centers[above] - centers[below], 1)
        return below, above, np.clip((at - centers[below]) / gap, 0, 1).astype(np.float32)
