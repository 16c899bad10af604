"""Add noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from medopt.augment.arrays import Array, column, deviation
from medopt.augment.normal import normal_like
from medopt.augment.technique import Frame, IntensityTechnique, Parameters, Planes, Range, Triple, uniform


class GaussianNoise(IntensityTechnique):
    """Independent normal noise in every voxel and channel."""

    technique: Literal["gaussian_noise"] = "gaussian_noise"
    level: Range = Field(
        default=(0.0, 0.25), description="standard deviation of the noise, in standard deviations of the patch"
    )

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """``level``, and the ``seed`` of the noise."""
        return {"level": uniform(rng, self.level), "seed": int(rng.integers(1 << 53))}

    @staticmethod
    def apply(
        images: Array, parameters: Sequence[Parameters], spacings: Sequence[Triple], planes: Planes | None = None
    ) -> Array:
        """Adds noise, in place; the same seed gives the same noise on the same kind of device."""
        noise = normal_like(images, [p["seed"] for p in parameters], planes)
        noise *= deviation(images) * column(images, [p["level"] for p in parameters])
        images += noise
        return images
