"""Show a patch as a scan with larger voxels would."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field, field_validator

from medopt.augment.separable import along_axes, coarse_matrix
from medopt.augment.technique import Frame, IntensityTechnique, Parameters, Triple, ordered, uniform

if TYPE_CHECKING:
    from torch import Tensor


class LowResolution(IntensityTechnique):
    """Average into larger voxels and interpolate back, without any shift; the labels stay as they are."""

    technique: Literal["low_resolution"] = "low_resolution"
    factor: tuple[Annotated[float, Field(ge=1)], Annotated[float, Field(ge=1)]] = Field(
        default=(1.0, 2.0), description="smallest and largest width of the coarse voxels, in voxels"
    )
    axes: Literal["all", "one"] = Field(
        default="all", description="'all' axes by one factor, or 'one' at random, as thick slices do"
    )

    _check = field_validator("factor")(ordered)

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """``factors`` along (k, j, i)."""
        factor = uniform(rng, self.factor)
        axis = int(rng.integers(1 if frame.in_plane else 0, 3))
        return {"factors": [factor if self.axes == "all" or a == axis else 1.0 for a in range(3)]}

    @staticmethod
    def apply(images: Tensor, parameters: Sequence[Parameters], spacings: Sequence[Triple]) -> Tensor:
        """A new tensor."""
        return along_axes(
            images,
            [
                [coarse_matrix(n, f) if n > 1 else None for n, f in zip(images.shape[2:], p["factors"], strict=True)]
                for p in parameters
            ],
        )
