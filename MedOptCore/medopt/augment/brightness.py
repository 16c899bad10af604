"""Make a patch brighter or darker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from medopt.augment.arrays import Array, column, deviation
from medopt.augment.technique import Frame, IntensityTechnique, Parameters, Planes, Triple, symmetric


class Brightness(IntensityTechnique):
    """Add a constant, measured in standard deviations of the patch."""

    technique: Literal["brightness"] = "brightness"
    shift: float = Field(
        default=0.3, ge=0, description="largest shift to either side, in standard deviations of the patch"
    )

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """``shift`` in standard deviations."""
        return {"shift": symmetric(rng, (self.shift,))[0]}

    @staticmethod
    def apply(
        images: Array, parameters: Sequence[Parameters], spacings: Sequence[Triple], planes: Planes | None = None
    ) -> Array:
        """Adds the shift, in place."""
        images += deviation(images) * column(images, [p["shift"] for p in parameters])
        return images
