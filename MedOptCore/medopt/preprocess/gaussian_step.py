"""Gaussian filter: smooths noise away, and edges a little with it."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from medopt.image import Geometry
from medopt.preprocess.lengths import Lengths, Unit, in_voxels
from medopt.preprocess.source import Rule, Source
from medopt.preprocess.step import IntensityStep
from medopt.preprocess.weights import TRUNCATE, interpolate, smoothing_weights


class Gaussian(IntensityStep):
    """Smoothing by a Gaussian, cut off at four standard deviations; outside the image its outermost voxels go on.

    Values keep their unit.
    """

    step: Literal["gaussian"] = "gaussian"
    sigma: Lengths = Field(
        default=(1.0, 1.0, 1.0),
        description="standard deviation along (k, j, i); 0 leaves an axis alone",
    )
    unit: Unit = Field(default="mm", description="of sigma")

    @property
    def costly(self) -> bool:
        return True

    @property
    def keeps_scale(self) -> bool:
        return True

    def reach(self, grid: Geometry) -> int:
        return int(TRUNCATE * in_voxels(self.sigma, self.unit, grid)[0] + 0.5)

    def rule(self, source: Source, channel: int) -> Rule:
        sigmas = in_voxels(self.sigma, self.unit, source.geometry)

        def rule(values: NDArray[np.float32], _start: int) -> NDArray[np.float32]:
            return interpolate(values, [smoothing_weights(n, s) for n, s in zip(values.shape, sigmas, strict=True)])

        return rule
