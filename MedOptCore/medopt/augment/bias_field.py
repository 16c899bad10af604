"""Shade a patch as an uneven receive coil does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from medopt.augment.arrays import Array, empty_like, exponential, like, minimum
from medopt.augment.separable import voxel_splines
from medopt.augment.technique import Frame, IntensityTechnique, Parameters, Planes, Triple

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
    def apply(
        images: Array, parameters: Sequence[Parameters], spacings: Sequence[Triple], planes: Planes | None = None
    ) -> Array:
        """``minimum + (value - minimum) * field``, in place."""
        low = minimum(images)
        factor = empty_like(images[:, :1])
        for one, p in zip(factor, parameters, strict=True):
            field = np.asarray(p["field"], float)
            k, j, i = _weights(images.shape[2:], field.shape, planes)
            one[0] = like(images, j @ np.tensordot(k, field, 1)) @ like(images, i.T)
        images -= low
        images *= exponential(factor)
        images += low
        return images


def _weights(sizes: Sequence[int], counts: Sequence[int], planes: Planes | None) -> list[NDArray[np.float64]]:
    whole = (sizes[0] if planes is None else planes.depth, *sizes[1:])
    weights = [voxel_splines(n, c, (c - 3) / max(n - 1, 1)) for n, c in zip(whole, counts, strict=True)]
    if planes is not None:
        weights[0] = weights[0][planes.first : planes.first + sizes[0]]
    return weights
