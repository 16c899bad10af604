"""Shift the content of a patch."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from medopt.augment.technique import Frame, Parameters, SpatialTechnique, symmetric

Millimetres = Annotated[float, Field(ge=0)]


class Translation(SpatialTechnique):
    """Shift by fractions of voxels or more; what enters the patch comes from the volume, not from padding."""

    technique: Literal["translation"] = "translation"
    distance: tuple[Millimetres, Millimetres, Millimetres] = Field(
        default=(4.0, 4.0, 4.0), description="largest shift along (k, j, i), in mm to either side"
    )

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """Shifts along (k, j, i) in mm; none along k for patches of one slice."""
        shift = symmetric(rng, self.distance)
        return {"shift": [0.0, *shift[1:]] if frame.in_plane else shift}

    @staticmethod
    def matrix(parameters: Parameters) -> NDArray[np.float64]:
        """The shift in the last column."""
        result = np.eye(4)
        result[:3, 3] = parameters["shift"]
        return result
