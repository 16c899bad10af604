"""Make a patch brighter or darker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from medopt.augment.technique import Frame, IntensityTechnique, Parameters, Triple, column, symmetric

if TYPE_CHECKING:
    from torch import Tensor


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
    def apply(images: Tensor, parameters: Sequence[Parameters], spacings: Sequence[Triple]) -> Tensor:
        """Adds the shift, in place."""
        deviation = images.std(dim=(2, 3, 4), keepdim=True, correction=0)
        return images.add_(deviation * column(images, [p["shift"] for p in parameters]))
