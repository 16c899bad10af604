"""Blur a patch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from medopt.augment.arrays import Array
from medopt.augment.separable import gaussian_reach, smooth
from medopt.augment.technique import Frame, IntensityTechnique, Parameters, Planes, Range, Triple, uniform


class GaussianBlur(IntensityTechnique):
    """Gaussian smoothing of the same physical width along all axes; the labels stay as they are."""

    technique: Literal["gaussian_blur"] = "gaussian_blur"
    sigma: Range = Field(default=(0.4, 1.0), description="standard deviation of the Gaussian, in mm")

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """``sigma`` in mm."""
        return {"sigma": uniform(rng, self.sigma)}

    @staticmethod
    def apply(
        images: Array, parameters: Sequence[Parameters], spacings: Sequence[Triple], planes: Planes | None = None
    ) -> Array:
        """A new array; nothing is read from outside the patch."""
        return smooth(images, [p["sigma"] for p in parameters], spacings, planes)

    @staticmethod
    def reach(parameters: Parameters, spacing: Triple) -> int:
        """The half width of the Gaussian."""
        return gaussian_reach(parameters["sigma"] / spacing[0])
