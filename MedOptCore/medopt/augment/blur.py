"""Blur a patch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field, field_validator

from medopt.augment.separable import along_axes, gaussian_matrix
from medopt.augment.technique import Frame, IntensityTechnique, Parameters, Triple, ordered, uniform

if TYPE_CHECKING:
    from torch import Tensor


class GaussianBlur(IntensityTechnique):
    """Gaussian smoothing of the same physical width along all axes; the labels stay as they are."""

    technique: Literal["gaussian_blur"] = "gaussian_blur"
    sigma: tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)]] = Field(
        default=(0.4, 1.0), description="standard deviation of the Gaussian, in mm"
    )

    _check = field_validator("sigma")(ordered)

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """``sigma`` in mm."""
        return {"sigma": uniform(rng, self.sigma)}

    @staticmethod
    def apply(images: Tensor, parameters: Sequence[Parameters], spacings: Sequence[Triple]) -> Tensor:
        """A new tensor; nothing is read from outside the patch."""
        sizes = images.shape[2:]
        return along_axes(
            images,
            [
                [gaussian_matrix(n, p["sigma"] / s) if n > 1 else None for n, s in zip(sizes, spacing, strict=True)]
                for p, spacing in zip(parameters, spacings, strict=True)
            ],
        )
