"""Spread or squeeze the intensities of a patch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from medopt.augment.arrays import Array, column, mean
from medopt.augment.technique import (
    FactorRange,
    Frame,
    IntensityTechnique,
    Parameters,
    Planes,
    Triple,
    log_uniform,
)


class Contrast(IntensityTechnique):
    """Multiply the distance from the patch's mean; a factor and its inverse are equally likely."""

    technique: Literal["contrast"] = "contrast"
    factor: FactorRange = Field(default=(0.75, 1.33), description="smallest and largest factor; above 1 contrast rises")

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """``factor``."""
        return {"factor": log_uniform(rng, self.factor)}

    @staticmethod
    def apply(
        images: Array, parameters: Sequence[Parameters], spacings: Sequence[Triple], planes: Planes | None = None
    ) -> Array:
        """``mean + factor * (value - mean)``, in place."""
        factor = column(images, [p["factor"] for p in parameters])
        shift = mean(images) * (1 - factor)
        images *= factor
        images += shift
        return images
