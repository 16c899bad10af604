"""What was drawn for one segment, step by step; it follows the Segment Editor's undo and redo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Voxels = NDArray[np.intp]
"""(n, 3) indices (k, j, i)."""

_NOTHING = np.zeros((0, 0, 0), bool)
KEPT = 200
"""Steps that are remembered for a segment."""
MOST_VOXELS = 2**25
"""Of what steps did, so much is remembered; steps before that keep their strokes and can't be undone any more."""


@dataclass(frozen=True, eq=False)
class Step:
    """One stroke and what it did.

    Parameters
    ----------
    positive, negative : (n, 3) indices (k, j, i) of voxels that belong to the structure, and that do not
    corner : (k, j, i) of the first voxel of ``before`` and ``after``
    before, after : bool (k, j, i), the segment where the stroke changed it; (0, 0, 0) voxels when it changed nothing
    """

    positive: Voxels
    negative: Voxels
    corner: tuple[int, int, int]
    before: NDArray[np.bool_]
    after: NDArray[np.bool_]


class StrokeBook:
    """The strokes of a segment that still count."""

    def __init__(self) -> None:
        self._all: list[Step] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def push(self, step: Step) -> None:
        """A stroke was answered; what had been undone before can't come back."""
        self._all = [*self._all[: self._count], step][-KEPT:]
        self._count = len(self._all)
        left = MOST_VOXELS
        for number in range(self._count - 1, -1, -1):
            left -= self._all[number].after.size
            if left < 0:
                self._all[number] = replace(self._all[number], before=_NOTHING, after=_NOTHING)

    def clear(self) -> None:
        """Forget every stroke."""
        self._all, self._count = [], 0

    def follow(self, read: Callable[[tuple[int, int, int], tuple[int, ...]], NDArray[np.bool_]]) -> None:
        """Set aside the strokes that were undone since, and take back those that were redone.

        ``read(corner, shape)`` gives the segment as it is now. Strokes count as undone when the segment, wherever they
        had changed it, looks as it did before the first of them. A stroke that changed nothing goes with the one
        before it. Where another tool was at work since, only the last stroke that counts has to show as it was left;
        where not even that is so, everything stays as it is.
        """
        now = [read(step.corner, step.after.shape) if step.after.size else step.after for step in self._all]
        for strict in (True, False):
            for count in range(len(self._all), -1, -1):
                if self._is_state(count, now, strict):
                    self._count = count
                    return

    def _is_state(self, count: int, now: list[NDArray[np.bool_]], strict: bool) -> bool:
        """Whether the segment looks as the first ``count`` strokes left it, and as if the others had not been."""
        end = len(self._all)
        undone = all(self._looks(n, "before", now, range(count, n)) for n in range(count, end))
        counting = [n for n in range(count - 1, -1, -1) if self._all[n].after.size]
        left = counting if strict else counting[:1]
        return undone and all(self._looks(n, "after", now, range(n + 1, end)) for n in left)

    def _looks(self, number: int, moment: str, now: list[NDArray[np.bool_]], others: range) -> bool:
        """Whether a stroke's part is as at a moment of it, outside of the parts of other strokes."""
        free = self._uncovered(number, others)
        return np.array_equal(now[number][free], getattr(self._all[number], moment)[free])

    def _uncovered(self, number: int, others: range) -> NDArray[np.bool_]:
        """Which voxels of a stroke's part lie in the part of none of the ``others``."""
        step = self._all[number]
        result = np.ones(step.after.shape, bool)
        for other in (self._all[n] for n in others):
            low = np.maximum(np.subtract(other.corner, step.corner), 0)
            high = np.add(np.subtract(other.corner, step.corner), other.after.shape)
            if other.after.size and (high > 0).all():
                result[tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))] = False
        return result

    def strokes(self) -> tuple[Voxels, Voxels]:
        """(positive, negative) voxels of the strokes that count, each once; the later one of a contradiction wins."""
        sign: dict[tuple[int, ...], bool] = {}
        for step in self._all[: self._count]:
            for voxels, value in ((step.positive, True), (step.negative, False)):
                sign.update(dict.fromkeys(map(tuple, voxels.tolist()), value))
        positive = [voxel for voxel, value in sign.items() if value]
        negative = [voxel for voxel, value in sign.items() if not value]
        return as_voxels(positive), as_voxels(negative)


def as_voxels(values: Any) -> Voxels:
    """An (n, 3) array of indices, also of an empty list."""
    return np.asarray(values, np.intp).reshape(-1, 3)
