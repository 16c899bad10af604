"""An image in the windows in which inference sees it, and maps of windows put together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from medopt.inference.sliding import (
    Triple,
    cut,
    gaussian_weights,
    outer_weights,
    shared_slices,
    window_size,
    window_starts,
)
from medopt.tasks import Task


@dataclass(frozen=True, eq=False)
class Windows:
    """Parameters
    ----------
    volume : (channel, k, j, i) float32, prepared
    size : voxels (k, j, i) of each window
    corners : first voxels of the windows (k, j, i); below zero where a window sticks out
    stride : voxels that a cell of the network's output covers
    """

    volume: NDArray[np.float32]
    size: Triple
    corners: tuple[Triple, ...]
    stride: Triple = (1, 1, 1)

    @classmethod
    def of(cls, volume: NDArray, task: Task, *, patch: Triple, divisor: Triple, overlap: float) -> Windows:
        """Those of ``medopt.inference.image_scores``, for either kind of task."""
        k, j, i = volume.shape[1:]
        size = patch if task.head == "image" else window_size((k, j, i), patch, divisor)
        shape = [math.ceil(n / s) for n, s in zip((k, j, i), task.stride, strict=True)]
        cells = [w // s for w, s in zip(size, task.stride, strict=True)]
        starts = [window_starts(n, w, overlap) for n, w in zip(shape, cells, strict=True)]
        corners = tuple((a * task.stride[0], b * task.stride[1], c * task.stride[2]) for a, b, c in product(*starts))
        return cls(np.asarray(volume, np.float32), size, corners, task.stride)

    @property
    def shape(self) -> Triple:
        """Voxels (k, j, i) of the volume."""
        k, j, i = self.volume.shape[1:]
        return k, j, i

    def cut(self, corner: Triple) -> NDArray[np.float32]:
        """The window (1, channel, *size) at ``corner``."""
        return cut(self.volume, corner, self.size)

    @cached_property
    def seen(self) -> NDArray[np.float32]:
        """How many windows see each cell of the network's output (k, j, i)."""
        count = np.zeros([math.ceil(n / s) for n, s in zip(self.shape, self.stride, strict=True)], np.float32)
        for corner in self.corners:
            inside, _ = shared_slices(self._cell(corner), self._cells, count.shape)
            count[inside] += 1
        return count

    def share(self, corner: Triple, wanted: NDArray) -> NDArray[np.float32]:
        """The part of ``wanted`` (a weight a cell of the whole output) that the window at ``corner`` answers for,
        (*cells of the window); each cell's weight is divided among the windows that see it.
        """
        result = np.zeros(self._cells, np.float32)
        inside, part = shared_slices(self._cell(corner), self._cells, wanted.shape)
        result[part] = wanted[inside] / self.seen[inside]
        return result

    def put_together(self, maps: Iterable[tuple[Triple, NDArray[np.float32]]]) -> NDArray[np.float32]:
        """(k, j, i) from a map a window (corner, (*size)): their mean with the Gaussian weights of inference."""
        total, weight = np.zeros(self.shape, np.float32), np.zeros(self.shape, np.float32)
        axes = [gaussian_weights(n) for n in self.size]
        for corner, values in maps:
            inside, part = shared_slices(corner, self.size, self.shape)
            blend = outer_weights([w[p] for w, p in zip(axes, part, strict=True)])
            total[inside] += values[part] * blend
            weight[inside] += blend
        return np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)

    @property
    def _cells(self) -> Triple:
        k, j, i = (w // s for w, s in zip(self.size, self.stride, strict=True))
        return k, j, i

    def _cell(self, corner: Sequence[int]) -> Triple:
        k, j, i = (c // s for c, s in zip(corner, self.stride, strict=True))
        return k, j, i
