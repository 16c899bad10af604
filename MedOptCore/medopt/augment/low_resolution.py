"""Show a patch as a scan with larger voxels would."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, Field

from medopt.augment.arrays import Array
from medopt.augment.separable import along_axes, coarse_band, within
from medopt.augment.technique import Frame, IntensityTechnique, Parameters, Planes, Triple, ordered, uniform

Width = Annotated[float, Field(ge=1)]


class LowResolution(IntensityTechnique):
    """Average into larger voxels and interpolate back, without any shift; the labels stay as they are."""

    technique: Literal["low_resolution"] = "low_resolution"
    factor: Annotated[tuple[Width, Width], AfterValidator(ordered)] = Field(
        default=(1.0, 2.0), description="smallest and largest width of the coarse voxels, in voxels"
    )
    axes: Literal["all", "one"] = Field(
        default="all", description="'all' axes by one factor, or 'one' at random, as thick slices do"
    )

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """``factors`` along (k, j, i)."""
        factor = uniform(rng, self.factor)
        axis = int(rng.integers(1 if frame.in_plane else 0, 3))
        return {"factors": [factor if self.axes == "all" or a == axis else 1.0 for a in range(3)]}

    @staticmethod
    def apply(
        images: Array, parameters: Sequence[Parameters], spacings: Sequence[Triple], planes: Planes | None = None
    ) -> Array:
        """A new array."""
        count = images.shape[2]
        sizes = (count if planes is None else planes.depth, *images.shape[3:])
        rows = []
        for p in parameters:
            k, j, i = (coarse_band(n, f) if n > 1 else None for n, f in zip(sizes, p["factors"], strict=True))
            rows.append([None if k is None else within(k, planes, count), j, i])
        return along_axes(images, rows)

    @staticmethod
    def reach(parameters: Parameters, spacing: Triple) -> int:
        """Two coarse voxels: one to average over, one to interpolate with."""
        return int(np.ceil(2 * parameters["factors"][0])) if parameters["factors"][0] > 1 else 0
