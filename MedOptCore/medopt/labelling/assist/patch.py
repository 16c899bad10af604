"""Parts of a grid: a box of voxels, and a piece of mask to put back into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError

Index = tuple[int, int, int]


@dataclass(frozen=True)
class Box3:
    """A box of whole voxels.

    Parameters
    ----------
    start : (k, j, i) of its first voxel
    stop : (k, j, i) just after its last voxel, as in slices

    Raises MedOptError when it holds no voxel.
    """

    start: Index
    stop: Index

    def __post_init__(self) -> None:
        for name in ("start", "stop"):
            object.__setattr__(self, name, tuple(int(n) for n in getattr(self, name)))
        if (
            len(self.start) != 3
            or len(self.stop) != 3
            or any(a >= b for a, b in zip(self.start, self.stop, strict=True))
        ):
            raise MedOptError(
                "not a box", expected="start below stop along (k, j, i)", found=f"{self.start}, {self.stop}"
            )

    @property
    def shape(self) -> Index:
        """Voxels along (k, j, i)."""
        k, j, i = (b - a for a, b in zip(self.start, self.stop, strict=True))
        return k, j, i

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """What cuts it out of an array (k, j, i)."""
        k, j, i = (slice(a, b) for a, b in zip(self.start, self.stop, strict=True))
        return k, j, i

    @classmethod
    def around(cls, voxels: NDArray[np.intp], shape: Sequence[int], margin: Sequence[int] = (0, 0, 0)) -> Box3:
        """The smallest box that holds ``voxels`` (n, 3), with ``margin`` on each side, cut to a grid of ``shape``."""
        low = np.maximum(voxels.min(axis=0) - np.asarray(margin), 0)
        high = np.minimum(voxels.max(axis=0) + 1 + np.asarray(margin), shape)
        return cls(tuple(low.tolist()), tuple(high.tolist()))

    @classmethod
    def whole(cls, shape: Sequence[int]) -> Box3:
        """All of a grid."""
        k, j, i = shape
        return cls((0, 0, 0), (k, j, i))

    def common(self, other: Box3) -> Box3:
        """What two boxes have in common; MedOptError when that is nothing."""
        start = np.maximum(self.start, other.start).tolist()
        stop = np.minimum(self.stop, other.stop).tolist()
        return Box3(tuple(start), tuple(stop))

    def is_cut_off(self, changed: NDArray[np.bool_], whole: Box3) -> bool:
        """Whether a change on any grid (k, j, i) of this box reaches a side of it that is no side of ``whole``."""
        for axis in range(3):
            ends = np.flatnonzero(changed.any(axis=tuple(one for one in range(3) if one != axis)))
            if not len(ends):
                return False
            low = self.start[axis] > whole.start[axis] and ends[0] == 0
            high = self.stop[axis] < whole.stop[axis] and ends[-1] == changed.shape[axis] - 1
            if low or high:
                return True
        return False

    def check_within(self, shape: Sequence[int]) -> None:
        """Raises MedOptError when it leaves a grid of ``shape``."""
        if min(self.start) < 0 or any(b > n for b, n in zip(self.stop, shape, strict=True)):
            raise MedOptError(
                "the region leaves the image",
                expected=f"a box within (0, 0, 0) to {tuple(shape)}",
                found=f"{self.start} to {self.stop}",
            )


@dataclass(frozen=True, eq=False)
class Patch:
    """The part of a mask that an answer changes; everything around it stays as it is.

    Parameters
    ----------
    corner : (k, j, i) of its first voxel in the mask
    values : bool (k, j, i), what the mask holds there afterwards; (0, 0, 0) voxels when nothing changes
    """

    corner: Index
    values: NDArray[np.bool_]

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """Where it lies in the mask."""
        k, j, i = (slice(a, a + n) for a, n in zip(self.corner, self.values.shape, strict=True))
        return k, j, i

    def applied(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A copy of ``mask`` with the patch in it."""
        result = mask.copy()
        result[self.slices] = self.values
        return result

    @classmethod
    def between(cls, before: NDArray[np.bool_], after: NDArray[np.bool_], corner: Sequence[int] = (0, 0, 0)) -> Patch:
        """The smallest patch that turns ``before`` into ``after``, two masks whose first voxel is ``corner``."""
        differs = before != after
        if not differs.any():
            return cls((0, 0, 0), np.zeros((0, 0, 0), bool))
        spans = []
        for axis in range(3):
            hit = np.flatnonzero(differs.any(axis=tuple(a for a in range(3) if a != axis)))
            spans.append(slice(int(hit[0]), int(hit[-1]) + 1))
        k, j, i = (int(c) + s.start for c, s in zip(corner, spans, strict=True))
        return cls((k, j, i), after[tuple(spans)].copy())
