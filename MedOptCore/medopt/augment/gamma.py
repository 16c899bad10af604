"""Bend the intensity scale of a patch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field, field_validator

from medopt.augment.technique import Frame, IntensityTechnique, Parameters, Triple, column, log_uniform, ordered

if TYPE_CHECKING:
    from torch import Tensor


class Gamma(IntensityTechnique):
    """Raise intensities, scaled to 0..1 over the patch, to a power; mean and standard deviation of the patch stay.

    Inverted, the power works on 1 - value, so that the bright end is bent instead of the dark one (Isensee 2021).
    """

    technique: Literal["gamma"] = "gamma"
    gamma: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]] = Field(
        default=(0.7, 1.5), description="smallest and largest power"
    )
    inverted: float = Field(default=0.25, ge=0, le=1, description="share of these patches that get it inverted")

    _check = field_validator("gamma")(ordered)

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """``gamma`` and ``inverted``."""
        return {"gamma": log_uniform(rng, self.gamma), "inverted": bool(rng.random() < self.inverted)}

    @staticmethod
    def apply(images: Tensor, parameters: Sequence[Parameters], spacings: Sequence[Triple]) -> Tensor:
        """Constant channels stay as they are."""
        axes = (2, 3, 4)
        sign = column(images, [-1.0 if p["inverted"] else 1.0 for p in parameters])
        power = column(images, [p["gamma"] for p in parameters])
        mean = images.mean(dim=axes, keepdim=True)
        deviation = images.std(dim=axes, keepdim=True, correction=0)
        low, high = images.amin(dim=axes, keepdim=True), images.amax(dim=axes, keepdim=True)
        # inverted: u = (high - value) / range, and the outcome is turned back by the sign below
        start = low.where(sign > 0, high)
        bent = images.sub(start).mul_(sign / (high - low).clamp_min(1e-12)).clamp_min_(0).pow_(power)
        bent_mean = bent.mean(dim=axes, keepdim=True)
        bent_deviation = bent.std(dim=axes, keepdim=True, correction=0)
        bent.sub_(bent_mean).mul_(sign * deviation / bent_deviation.clamp_min(1e-12)).add_(mean)
        return bent if bool((high > low).all()) else bent.where(high > low, images)
