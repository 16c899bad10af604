"""Median filter: takes single wild voxels away and keeps edges."""

from __future__ import annotations

from typing import Literal

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from pydantic import Field

from medopt.image import Geometry
from medopt.preprocess.lengths import Lengths, Unit, in_voxels
from medopt.preprocess.source import Rule, Source
from medopt.preprocess.step import IntensityStep


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
        k, j, i = self._radius(source.geometry)

        def rule(values: NDArray[np.float32], _start: int) -> NDArray[np.float32]:
            if not (k or j or i):
                return values
            # ITK goes on beyond the image with its outermost voxels, as the slab's frame expects
            image = sitk.Median(sitk.GetImageFromArray(values), [i, j, min(k, len(values) - 1)])
            return sitk.GetArrayFromImage(image)

        return rule

    def _radius(self, grid: Geometry) -> tuple[int, int, int]:
        k, j, i = (round(r) for r in in_voxels(self.radius, self.unit, grid))
        return k, j, i
