"""Median filter: takes single wild voxels away and keeps edges."""

from __future__ import annotations

from itertools import product
from typing import Literal

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from pydantic import Field

from medopt.image import Geometry
from medopt.preprocess.lengths import Lengths, Unit, in_voxels
from medopt.preprocess.selection import median_of
from medopt.preprocess.source import Rule, Source
from medopt.preprocess.step import IntensityStep

FEW = 125
"""Voxels of a box up to which selection by minima and maxima is faster than ITK's sorting."""
PIECE = 1 << 14
"""Voxels worked on at a time: half a box of them stays in the second-level cache."""


class Median(IntensityStep):
    """Each voxel becomes the median of the box around it; outside the image its outermost voxels go on.

    Values keep their unit, and whole numbers stay whole.
    """

    step: Literal["median"] = "median"
    radius: Lengths = Field(
        default=(1.0, 1.0, 1.0), description="voxels or mm to either side along (k, j, i); k = 0 filters slice by slice"
    )
    unit: Unit = Field(default="voxels", description="of the radius; mm are rounded to whole voxels of each image")

    @property
    def costly(self) -> bool:
        return True

    @property
    def keeps_scale(self) -> bool:
        return True

    def outcome(self, source: Source) -> tuple[int, int] | None:
        return source.whole

    def reach(self, grid: Geometry) -> int:
        return self._radius(grid)[0]

    def rule(self, source: Source, channel: int) -> Rule:
        radius = self._radius(source.geometry)
        if max(radius) == 0:
            return lambda values, _start: values
        few = int(np.prod([2 * r + 1 for r in radius])) <= FEW
        return lambda values, _start: _selected(values, radius) if few else _by_itk(values, radius)

    def _radius(self, grid: Geometry) -> tuple[int, int, int]:
        k, j, i = (round(r) for r in in_voxels(self.radius, self.unit, grid))
        return k, j, i


def _selected(values: NDArray[np.float32], radius: tuple[int, int, int]) -> NDArray[np.float32]:
    padded = np.pad(values, [(r, r) for r in radius], mode="edge")
    result = np.empty_like(values)
    slices, rows, columns = values.shape
    offsets = list(product(*(range(2 * r + 1) for r in radius)))
    step = max(1, PIECE // columns)
    for k in range(slices):
        for j in range(0, rows, step):
            count = min(step, rows - j)
            views = [padded[k + a, j + b : j + b + count, c : c + columns] for a, b, c in offsets]
            result[k, j : j + count] = median_of(views)
    return result


def _by_itk(values: NDArray[np.float32], radius: tuple[int, int, int]) -> NDArray[np.float32]:
    """ITK, too, goes on beyond the image with its outermost voxels."""
    k, j, i = radius
    return sitk.GetArrayFromImage(sitk.Median(sitk.GetImageFromArray(values), [i, j, k]))
