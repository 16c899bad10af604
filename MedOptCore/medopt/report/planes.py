"""Slices of a volume as a radiologist looks at them: which way is up, and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medopt.image import Geometry

Plane = Literal["axial", "coronal", "sagittal"]

_LETTERS = (("R", "L"), ("A", "P"), ("I", "S"))
"""Ends of the LPS axes: towards lower and towards higher coordinates."""

_VIEWS: dict[Plane, tuple[int, int, int, int, int]] = {
    "axial": (2, 1, 1, 0, 1),
    "coronal": (1, 2, -1, 0, 1),
    "sagittal": (0, 2, -1, 1, 1),
}
"""Normal axis, axis that runs down the picture and its sign, axis that runs to its right and its sign (LPS 0, 1, 2):
anterior or superior is up; the patient's right, or anterior, is on the left of the picture."""

_SECOND = 0.38
"""A second letter is written where an edge looks at least this much (sine, about 22 degrees) in another direction."""


@dataclass(frozen=True)
class View:
    """How to cut one plane out of an array (k, j, i) and turn it upright.

    Parameters
    ----------
    plane : the nearest anatomical plane
    axis : the array axis that is cut
    down, right : array axes along the picture
    flip_down, flip_right : whether they run against their index
    letters : what lies at the left, right, top and bottom edge, such as ("R", "L", "A", "P"); two letters when oblique
    spacing : mm between voxel centres (down, right)
    """

    plane: Plane
    axis: int
    down: int
    right: int
    flip_down: bool
    flip_right: bool
    letters: tuple[str, str, str, str]
    spacing: tuple[float, float]

    def cut(self, array: NDArray, index: int) -> NDArray:
        """The upright slice (down, right) of an array (k, j, i) at ``index`` of the cut axis; a view, not a copy."""
        return self.turn(np.take(array, index, axis=self.axis))

    def turn(self, flat: NDArray) -> NDArray:
        """A slice, its axes in the order of the array, turned upright (down, right)."""
        if self.down > self.right:
            flat = flat.T
        return flat[:: -1 if self.flip_down else 1, :: -1 if self.flip_right else 1]


def views(geometry: Geometry) -> list[View]:
    """The axial, coronal and sagittal view of a grid, in this order; of a single slice only the view onto it."""
    direction = np.asarray(geometry.direction)  # rows LPS, columns (k, j, i)
    # each array axis stands for the LPS axis that it follows best, all three together
    axes = max(permutations(range(3)), key=lambda p: sum(abs(direction[p[a], a]) for a in range(3)))
    found = []
    for plane, (normal, down_axis, down_sign, right_axis, right_sign) in _VIEWS.items():
        axis, down, right = axes.index(normal), axes.index(down_axis), axes.index(right_axis)
        if geometry.is_2d and axis != 0:
            continue
        flip_down = direction[down_axis, down] * down_sign < 0
        flip_right = direction[right_axis, right] * right_sign < 0
        to_bottom = direction[:, down] * (-1 if flip_down else 1)
        to_right = direction[:, right] * (-1 if flip_right else 1)
        found.append(
            View(
                plane,
                axis,
                down,
                right,
                bool(flip_down),
                bool(flip_right),
                (_letters(-to_right), _letters(to_right), _letters(-to_bottom), _letters(to_bottom)),
                (geometry.spacing[down], geometry.spacing[right]),
            )
        )
    return found


def _letters(towards: NDArray) -> str:
    """One letter for the main direction (LPS), a second where another one has a good share."""
    order = np.argsort(-np.abs(towards), kind="stable")
    kept = [int(a) for a in order[:2] if a == order[0] or abs(towards[a]) >= _SECOND]
    return "".join(_LETTERS[a][int(towards[a] > 0)] for a in kept)


def best_slice(reference: NDArray, prediction: NDArray, axis: int) -> int:
    """The slice along ``axis`` that shows most of the structures.

    Each structure counts with the share of its reference voxels that lie in the slice, so that a small structure weighs
    as much as a large one. Without a reference the prediction decides; without either
    the middle slice is taken. Of equal slices the one nearest to the middle of the structures.
    """
    label = reference if reference.any() else prediction
    others = tuple(a for a in range(3) if a != axis)
    worth = np.zeros(label.shape[axis])
    for value in np.unique(label[label != 0]):
        area = (label == value).sum(axis=others)
        worth += area / area.sum()
    if not worth.any():
        return int(label.shape[axis] // 2)
    middle = float(np.average(np.arange(len(worth)), weights=worth))
    best = np.flatnonzero(worth >= worth.max() - 1e-12)
    return int(best[np.argmin(np.abs(best - middle))])
