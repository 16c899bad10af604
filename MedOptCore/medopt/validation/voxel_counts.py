"""Probabilities of voxels counted in bins while they arrive, near each structure; no volume of them is ever held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from medopt.metrics.calibration import BINS, bin_edges, bin_of

OVERALL = "all structures"
"""Whatever structure it is, against background."""

BLOCK = 5
"""Voxels of a block along the finest axis of the grid."""


@dataclass(frozen=True)
class VoxelBins:
    """Voxels near a structure by the probability that the model gives it.

    Parameters
    ----------
    number : (bins,) voxels in each bin of equal width, as ``medopt.metrics.reliability`` counts them
    given : (bins,) sum of their probabilities
    true : (bins,) how many of them belong to the structure
    squared : sum over all of them of the squared distance of the probability from 0 or 1
    """

    number: tuple[int, ...]
    given: tuple[float, ...]
    true: tuple[int, ...]
    squared: float


@dataclass(eq=False)
class _Layer:
    """One layer of blocks: which of them (structures, j blocks, i blocks) hold a voxel of each structure, and its
    slices with the first one's place."""

    here: NDArray[np.bool_]
    slices: list[tuple[int, NDArray[np.float32]]] = field(default_factory=list)


class VoxelCounts:
    """Counts slices of probabilities from the first to the last.

    Near a structure is every block of voxels that holds one of its voxels in the reference or in the prediction, and
    the blocks around these. Blocks have five voxels along the finest axis of the grid, and as many mm, or nearly so,
    along the others. Two layers of blocks are held at a time.

    Parameters
    ----------
    truth : (k, j, i) values of the reference on the grid of the probabilities
    spacing : of this grid in mm, along (k, j, i)
    structures : for each the value in ``truth`` and the place among the model's outputs, background being 0
    ignored : the value of voxels that nobody annotated, which do not count

    ``found`` gives the bins of each structure and last those of ``OVERALL``, whose probability is the sum; None
    where the structure is neither in the reference nor predicted.
    """

    def __init__(
        self,
        truth: NDArray,
        spacing: Sequence[float],
        structures: Sequence[tuple[int, int]],
        *,
        ignored: int | None = None,
    ) -> None:
        self._truth, self._structures, self._ignored = truth, tuple(structures), ignored
        self._edges = bin_edges(np.empty(0))
        self._block = block_sides(truth.shape, spacing)
        across = [-(-n // b) for n, b in zip(truth.shape[1:], self._block[1:], strict=True)]
        self._rows = len(structures) + 1
        self._empty = np.zeros((self._rows, *across), bool)
        rows = np.arange(truth.shape[1]) // self._block[1] * across[1]
        self._block_of = np.ravel(rows[:, None] + np.arange(truth.shape[2]) // self._block[2])
        self._totals = np.zeros((self._rows, 3 * BINS + 1))
        self._filling = _Layer(self._empty.copy())
        self._waiting: _Layer | None = None  # complete, but for its neighbours above
        self._below = self._empty

    def add(self, first: int, scores: NDArray[np.float32]) -> None:
        """Probabilities (outputs, slices, j, i) of the slices from ``first`` on; each once, in ascending order."""
        place, last = first, first + scores.shape[1]
        while place < last:
            stop = min((place // self._block[0] + 1) * self._block[0], last)
            part = scores[:, place - first : stop - first]
            self._mark(place, part)
            self._filling.slices.append((place, part))
            if stop % self._block[0] == 0 or stop == len(self._truth):
                self._close()
            place = stop
        for layer in (self._waiting, self._filling):
            if layer is not None:  # what is still needed, so that the rest of ``scores`` can go
                layer.slices = [(at, np.array(part) if part.base is not None else part) for at, part in layer.slices]

    def found(self) -> list[VoxelBins | None]:
        """The bins of each structure and of all of them, when every slice was added."""
        if self._waiting is not None:
            self._count(self._waiting, self._empty)
            self._waiting = None
        return [_bins_of(row) for row in self._totals]

    def _mark(self, place: int, scores: NDArray[np.float32]) -> None:
        """Which blocks hold the structures."""
        truth = self._truth[place : place + scores.shape[1]].reshape(-1)
        unsure = np.flatnonzero(scores[0].reshape(-1) <= 0.5)  # elsewhere background wins
        said = scores.reshape(len(scores), -1)[:, unsure].argmax(axis=0)
        if self._ignored is not None:
            said[truth[unsure] == self._ignored] = 0
        here = self._filling.here.reshape(self._rows, -1)
        labelled = np.flatnonzero(truth)
        for row, (value, output) in enumerate(self._structures):
            for voxels in (labelled[truth[labelled] == value], unsure[said == output]):
                here[row, self._block_of[voxels % len(self._block_of)]] = True
        here[-1] |= here[:-1].any(axis=0)

    def _close(self) -> None:
        """A layer is complete, so the one before it knows all its neighbours."""
        if self._waiting is not None:
            self._count(self._waiting, self._filling.here)
            self._below = self._waiting.here
        self._waiting, self._filling = self._filling, _Layer(self._empty.copy())

    def _count(self, layer: _Layer, above: NDArray[np.bool_]) -> None:
        """Count the voxels of a layer that lie near each structure."""
        for row, blocks in enumerate(layer.here | self._below | above):
            if not blocks.any():
                continue
            near = binary_dilation(blocks, np.ones((3, 3)))
            voxels = np.flatnonzero(near.reshape(-1)[self._block_of])
            for place, scores in layer.slices:
                truth = self._truth[place : place + scores.shape[1]].reshape(scores.shape[1], -1)[:, voxels]
                own, flat = self._structures[row : row + 1] or self._structures, scores.reshape(*scores.shape[:2], -1)
                sure = np.sum([flat[output][:, voxels] for _, output in own], axis=0)
                member = np.isin(truth, [value for value, _ in own])
                seen = slice(None) if self._ignored is None else truth != self._ignored
                self._totals[row] += _counted(np.clip(sure[seen], 0, 1).ravel(), member[seen].ravel(), self._edges)


def added(several: Sequence[VoxelBins]) -> VoxelBins:
    """The voxels of several together; at least one."""
    number, given, true = (
        [sum(values) for values in zip(*(getattr(one, name) for one in several), strict=True)]
        for name in ("number", "given", "true")
    )
    return VoxelBins(tuple(number), tuple(given), tuple(true), sum(one.squared for one in several))


def block_sides(shape: Sequence[int], spacing: Sequence[float]) -> tuple[int, int, int]:
    """Voxels of a block along (k, j, i); see ``VoxelCounts``."""
    finest = min((s for n, s in zip(shape, spacing, strict=True) if n > 1), default=min(spacing))
    k, j, i = (max(1, round(BLOCK * finest / s)) for s in spacing)
    return k, j, i


def _counted(sure: NDArray[np.float32], true: NDArray[np.bool_], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3 bins + 1,) number, given, true and squared of voxels."""
    place, bins = bin_of(sure, edges), len(edges) - 1
    number, given = np.bincount(place, minlength=bins), np.bincount(place, sure, bins)
    distance = np.square(sure - true, dtype=float).sum()
    return np.concatenate([number, given, np.bincount(place[true], minlength=bins), [distance]])


def _bins_of(row: NDArray[np.float64]) -> VoxelBins | None:
    number, given, true = row[:-1].reshape(3, -1)
    if not number.sum():
        return None
    rounded = [float(f"{value:.7g}") for value in (*given, row[-1])]
    return VoxelBins(tuple(map(int, number)), tuple(rounded[:-1]), tuple(map(int, true)), rounded[-1])
