"""Several volumes of one size side by side in one volume, so that one slice shows them all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from medopt.image import Geometry

GAP = 2
"""Voxels between tiles."""
APART = 50.0
"""mm between the mosaic and the volume that it was made from, along each axis of the patient."""


@dataclass(frozen=True)
class Mosaic:
    """``count`` tiles of ``tile`` voxels (k, j, i) in rows and columns along j and i; all share their slices k."""

    tile: tuple[int, int, int]
    count: int

    @property
    def columns(self) -> int:
        """Tiles in a row."""
        return math.ceil(math.sqrt(self.count))

    @property
    def rows(self) -> int:
        """Rows of tiles."""
        return math.ceil(self.count / self.columns)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels of the whole along (k, j, i)."""
        k, j, i = self.tile
        return k, self.rows * (j + GAP) - GAP, self.columns * (i + GAP) - GAP

    def place(self, number: int) -> tuple[slice, slice]:
        """Where tile ``number``, counted from 0, row by row, lies along (j, i)."""
        row, column = divmod(number, self.columns)
        _k, j, i = self.tile
        return slice(row * (j + GAP), row * (j + GAP) + j), slice(column * (i + GAP), column * (i + GAP) + i)

    def geometry(self, like: Geometry) -> Geometry:
        """A grid of the mosaic with the spacing of ``like`` and the nearest axes of the patient.

        It lies off to the side of ``like``, so that no plane through it cuts what is shown there.
        """
        at_origin = Geometry(self.shape, like.spacing, (0.0, 0.0, 0.0), _upright(like))
        away = _corners(like).max(axis=0) - _corners(at_origin).min(axis=0) + APART
        return Geometry(self.shape, like.spacing, (float(away[0]), float(away[1]), float(away[2])), at_origin.direction)


def _corners(geometry: Geometry) -> np.ndarray:
    ends = [(-0.5, n - 0.5) for n in geometry.shape]
    return geometry.index_to_lps(np.array(list(product(*ends))))


def _upright(geometry: Geometry) -> Any:
    """The direction with each axis turned to its nearest axis of the patient, signs kept."""
    rest = np.asarray(geometry.direction, float)
    result = np.zeros((3, 3))
    size = np.abs(rest)
    for _ in range(3):
        row, column = np.unravel_index(int(size.argmax()), size.shape)
        result[row, column] = math.copysign(1.0, rest[row, column])
        size[row, :] = size[:, column] = -1
    return tuple(tuple(float(x) for x in row) for row in result)
