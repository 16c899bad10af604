"""What the user drew: voxels that belong to the class, and voxels that do not."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medopt.errors import MedOptError
from medopt.labelling.assist.patch import Box3


@dataclass(frozen=True, eq=False)
class Strokes:
    """Clicks and scribbles, as the voxels that they cover.

    Parameters
    ----------
    positive, negative : (n, 3) whole (k, j, i) indices, in any order, repeats allowed; anything that numpy makes such
        an array of. Empty when nothing of the kind was drawn

    Raises MedOptError for what are no such indices, and for a voxel that is in both.
    """

    positive: NDArray[np.intp] = field(default_factory=lambda: np.zeros((0, 3), np.intp))
    negative: NDArray[np.intp] = field(default_factory=lambda: np.zeros((0, 3), np.intp))

    def __post_init__(self) -> None:
        for name in ("positive", "negative"):
            object.__setattr__(self, name, as_indices(getattr(self, name), f"the {name} strokes"))
        both = {*map(tuple, self.positive.tolist())} & {*map(tuple, self.negative.tolist())}
        if both:
            raise MedOptError(
                "strokes contradict each other",
                expected="each voxel in the positive or in the negative strokes",
                found=f"{len(both)} in both, such as (k, j, i) {min(both)}",
                remedy="Undo one of them",
            )

    def __len__(self) -> int:
        return len(self.positive) + len(self.negative)

    def check_within(self, shape: tuple[int, ...]) -> None:
        """Raises MedOptError when a stroke leaves the grid of ``shape`` (k, j, i)."""
        for name in ("positive", "negative"):
            check_within(getattr(self, name), shape, f"the {name} strokes")

    def within(self, box: Box3) -> Strokes:
        """Those in a box, as its indices."""
        positive, negative = (inside(one, box) - box.start for one in (self.positive, self.negative))
        return Strokes(positive, negative)


def inside(voxels: NDArray[np.intp], box: Box3) -> NDArray[np.intp]:
    """Those of (n, 3) voxels that lie in a box."""
    return voxels[((voxels >= box.start) & (voxels < box.stop)).all(axis=1)]


def as_indices(values: ArrayLike, what: str) -> NDArray[np.intp]:
    """(n, 3) indices; MedOptError when ``values`` are none."""
    array = np.asarray(values)
    if array.size == 0:
        return np.zeros((0, 3), np.intp)
    if array.ndim != 2 or array.shape[1] != 3 or array.dtype.kind not in "iu":
        raise MedOptError(
            f"{what} are no voxels",
            expected="whole (k, j, i) indices, an array (n, 3)",
            found=f"shape {array.shape} of {array.dtype}",
        )
    return array.astype(np.intp)


def check_within(voxels: NDArray[np.intp], shape: tuple[int, ...], what: str) -> None:
    """Raises MedOptError when one of ``voxels`` (n, 3) lies outside of a grid of ``shape``."""
    outside = ((voxels < 0) | (voxels >= np.asarray(shape))).any(axis=1)
    if outside.any():
        raise MedOptError(
            f"{what} leave the image",
            expected=f"(k, j, i) from (0, 0, 0) to {tuple(n - 1 for n in shape)}",
            found=str(tuple(voxels[outside][0].tolist())),
        )
