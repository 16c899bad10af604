"""Spread or squeeze the intensities of a patch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field, field_validator

from medopt.augment.technique import Frame, IntensityTechnique, Parameters, Triple, column, log_uniform, ordered

if TYPE_CHECKING:
    from torch import Tensor


class Contrast(IntensityTechnique):
    """Multiply the distance from the patch's mean; a factor and its inverse are equally likely."""

    technique: Literal["contrast"] = "contrast"
    factor: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]] = Field(
        default=(0.75, 1.33), description="smallest and largest factor; above 1 contrast rises"
    )

    _check = field_validator("factor")(ordered)

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """``factor``."""
        return {"factor": log_uniform(rng, self.factor)}

    @staticmethod
    def apply(images: Tensor, parameters: Sequence[Parameters], spacings: Sequence[Triple]) -> Tensor:
        """``mean + factor * (value - mean)``, in place."""
        mean = images.mean(dim=(2, 3, 4), keepdim=True)
        factor = column(images, [p["factor"] for p in parameters])
        return images.mul_(factor).add_(mean * (1 - factor))
