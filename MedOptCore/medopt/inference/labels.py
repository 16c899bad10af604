"""The label of a whole image while its scores arrive: no volume of probabilities is ever held."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from medopt.image import Geometry, LabelMap
from medopt.preprocess import restore_label
from medopt.preprocess.grids import along_axes, shifted_copy, whole_voxel_shift
from medopt.preprocess.labels import largest_class

Slabs = Iterator[tuple[int, NDArray[np.float32]]]


def label_of_slabs(slabs: Slabs, outputs: int, grid: Geometry, original: Geometry) -> LabelMap:
    """What ``restore_label`` gives for the scores on ``grid`` that arrive in ``slabs``, see ``sliding_slabs``.

    Of the scores only those slices are held that the next slices of ``original`` need, unless the grids are turned
    against each other. Gives class indices on ``original``.
    """
    shift = whole_voxel_shift(grid, original)
    if shift is not None:
        winner = np.zeros(grid.shape, np.uint8 if outputs <= 256 else np.uint16)
        for first, scores in slabs:
            winner[first : first + scores.shape[1]] = scores.argmax(axis=0)
        return LabelMap(shifted_copy(winner, shift, original.shape, 0), original)
    aligned = along_axes(grid, original)
    if aligned is None or aligned[0][1] < 0:
        scores = np.zeros((outputs, *grid.shape), np.float32)
        for first, slab in slabs:
            scores[:, first : first + slab.shape[1]] = slab
        return restore_label(scores, grid, original)
    return LabelMap(largest_class(Arriving(slabs, outputs, grid), grid, original), original)  # type: ignore[arg-type]


class Arriving:
    """Scores (outputs, k, j, i) that are read from the first slice to the last: ``scores[output, slice of k]``.

    Slices are asked for in ascending order, those of one stretch by each output in turn; what lies before a stretch is
    forgotten.
    """

    def __init__(self, slabs: Slabs, outputs: int, grid: Geometry) -> None:
        self._slabs = slabs
        self.shape, self.ndim = (outputs, *grid.shape), 4
        self._first = 0
        self._held: NDArray[np.float32] = np.zeros((outputs, 0, *grid.shape[1:]), np.float32)

    def __getitem__(self, key: tuple[int, slice]) -> NDArray[np.float32]:
        output, wanted = key
        parts = []
        stop = self._first + self._held.shape[1]
        while stop < wanted.stop:
            first, slab = next(self._slabs)
            parts.append(slab)
            stop = first + slab.shape[1]
        if parts or wanted.start > self._first:
            kept = self._held[:, max(wanted.start - self._first, 0) :]
            self._first = stop - sum(p.shape[1] for p in parts) - kept.shape[1]
            self._held = np.concatenate([kept, *parts], axis=1) if parts else kept
        return self._held[output, wanted.start - self._first : wanted.stop - self._first]
