"""Shade a patch as an uneven receive coil does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from medopt.augment.separable import bspline_matrix
from medopt.augment.technique import Frame, IntensityTechnique, Parameters, Triple

if TYPE_CHECKING:
    from torch import Tensor

POINTS = 5
"""Control points along each axis of the patch: coil profiles are smooth."""


class BiasField(IntensityTechnique):
    """Multiply what lies above the patch's minimum by a smooth field."""

    technique: Literal["bias_field"] = "bias_field"
    strength: float = Field(
        default=0.3,
        ge=0,
        le=3,
        description="largest natural logarithm of the field, to either side (0.3: 0.74 to 1.35)",
    )

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """``field``: logarithms at the control points (k, j, i)."""
        counts = [1 if n == 1 else POINTS for n in frame.shape]
        return {"field": np.round(self.strength * (2 * rng.random(counts) - 1), 5).tolist()}

    @staticmethod
    def apply(images: Tensor, parameters: Sequence[Parameters], spacings: Sequence[Triple]) -> Tensor:
        """``minimum + (value - minimum) * field``, in place."""
        sizes = images.shape[2:]
        fields = []
        for p in parameters:
            field = images.new_tensor(p["field"])
            k, j, i = (
                images.new_tensor(bspline_matrix(n, count, (count - 3) / max(n - 1, 1)))
                for n, count in zip(sizes, field.shape, strict=True)
            )
            plane = j @ (field @ i.T)
            fields.append((k @ plane.reshape(field.shape[0], -1)).reshape(sizes))
        low = images.amin(dim=(2, 3, 4), keepdim=True)
        factor = images.new_empty((len(fields), 1, *sizes))
        for one, field in zip(factor, fields, strict=True):
            one.copy_(field)
        return images.sub_(low).mul_(factor.exp_()).add_(low)
