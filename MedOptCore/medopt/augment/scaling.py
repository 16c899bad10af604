"""Make the content of a patch larger or smaller."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from medopt.augment.technique import Frame, Parameters, SpatialTechnique, log_uniform, ordered

Factor = Annotated[float, Field(gt=0)]


class Scaling(SpatialTechnique):
    """Zoom about the patch centre; a factor and its inverse are equally likely."""

    technique: Literal["scaling"] = "scaling"
    factor: tuple[Factor, Factor] = Field(
        default=(0.8, 1.25), description="smallest and largest factor; above 1 the content gets larger"
    )
    isotropic: bool = Field(default=True, description="one factor for all axes, or one for each")

    _check = field_validator("factor")(ordered)

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """Factors along (k, j, i); 1 along k for patches of one slice."""
        factors = [log_uniform(rng, self.factor) for _ in range(3)]
        if self.isotropic:
            factors = factors[:1] * 3
        return {"factors": [1.0, *factors[1:]] if frame.in_plane else factors}

    @staticmethod
    def matrix(parameters: Parameters) -> NDArray[np.float64]:
        """The factors on the diagonal."""
        return np.diag([*parameters["factors"], 1.0])
