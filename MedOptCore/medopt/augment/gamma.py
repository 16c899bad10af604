"""Bend the intensity scale of a patch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from medopt.augment.arrays import Array, at_least, choose, column, deviation, maximum, mean, minimum
from medopt.augment.technique import (
    FactorRange,
    Frame,
    IntensityTechnique,
    Parameters,
    Planes,
    Triple,
    log_uniform,
)


class Gamma(IntensityTechnique):
    """Raise intensities, scaled to 0..1 over the patch, to a power; mean and standard deviation of the patch stay.

    Inverted, the power works on 1 - value, so that the bright end is bent instead of the dark one (Isensee 2021).
    """

    technique: Literal["gamma"] = "gamma"
    gamma: FactorRange = Field(default=(0.7, 1.5), description="smallest and largest power")
    inverted: float = Field(default=0.25, ge=0, le=1, description="share of these patches that get it inverted")

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """``gamma`` and ``inverted``."""
        return {"gamma": log_uniform(rng, self.gamma), "inverted": bool(rng.random() < self.inverted)}

    @staticmethod
    def apply(
        images: Array, parameters: Sequence[Parameters], spacings: Sequence[Triple], planes: Planes | None = None
    ) -> Array:
        """In place; constant channels stay as they are."""
        sign = column(images, [-1.0 if p["inverted"] else 1.0 for p in parameters])
        power = column(images, [p["gamma"] for p in parameters])
        low, high = minimum(images), maximum(images)
        # a constant channel becomes 0 below; its own value, not a rounded mean, is what must come back
        middle = choose(high > low, mean(images), low)
        spread = deviation(images)
        # inverted: u = (high - value) / range, and the outcome is turned back by the sign below
        images -= choose(sign > 0, low, high)
        images *= sign / at_least(high - low, 1e-12)
        at_least(images, 0)
        images **= power
        shift = mean(images)
        scale = sign * spread / at_least(deviation(images), 1e-12)
        images -= shift
        images *= scale
        images += middle
        return images
