"""Add noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field, field_validator

from medopt.augment.technique import Frame, IntensityTechnique, Parameters, Triple, column, ordered, uniform

if TYPE_CHECKING:
    from torch import Tensor


class GaussianNoise(IntensityTechnique):
    """Independent normal noise in every voxel and channel."""

    technique: Literal["gaussian_noise"] = "gaussian_noise"
    level: tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)]] = Field(
        default=(0.0, 0.25), description="standard deviation of the noise, in standard deviations of the patch"
    )

    _check = field_validator("level")(ordered)

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """``level``, and the ``seed`` of the noise."""
        return {"level": uniform(rng, self.level), "seed": int(rng.integers(1 << 53))}

    @staticmethod
    def apply(images: Tensor, parameters: Sequence[Parameters], spacings: Sequence[Triple]) -> Tensor:
        """Adds noise, in place; the same seed gives the same noise on the same kind of device."""
        import torch

        noise = torch.empty_like(images)
        for one, p in zip(noise, parameters, strict=True):
            one.normal_(generator=torch.Generator(images.device).manual_seed(p["seed"]))
        deviation = images.std(dim=(2, 3, 4), keepdim=True, correction=0)
        return images.add_(noise.mul_(deviation * column(images, [p["level"] for p in parameters])))
