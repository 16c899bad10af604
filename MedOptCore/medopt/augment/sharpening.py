"""Sharpen a patch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from medopt.augment.arrays import Array, column
from medopt.augment.separable import gaussian_reach, smooth
from medopt.augment.technique import Frame, IntensityTechnique, Parameters, Planes, Range, Triple, uniform


class Sharpening(IntensityTechnique):
    """Unsharp masking: add what a Gaussian blur takes away; the labels stay as they are."""

    technique: Literal["sharpening"] = "sharpening"
    amount: Range = Field(
        default=(0.3, 1.0),
        description="share of the difference from the blurred patch that is added",
    )
    sigma: Range = Field(default=(0.5, 1.0), description="standard deviation of the Gaussian, in mm")

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """``amount``, and ``sigma`` in mm."""
        return {"amount": uniform(rng, self.amount), "sigma": uniform(rng, self.sigma)}

    @staticmethod
    def apply(
        images: Array, parameters: Sequence[Parameters], spacings: Sequence[Triple], planes: Planes | None = None
    ) -> Array:
        """``value + amount * (value - blurred)``, in place."""
        blurred = smooth(images, [p["sigma"] for p in parameters], spacings, planes)
        amount = column(images, [p["amount"] for p in parameters])
        blurred *= amount
        images *= 1 + amount
        images -= blurred
        return images

    @staticmethod
    def reach(parameters: Parameters, spacing: Triple) -> int:
        """The half width of the Gaussian."""
        return gaussian_reach(parameters["sigma"] / spacing[0])
