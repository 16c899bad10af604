"""Slant a patch."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from medopt.augment.technique import Frame, Parameters, SpatialTechnique, symmetric


class Shear(SpatialTechnique):
    """Shear about the patch centre: j slides along k, i along k, and i along j, each by its own angle."""

    technique: Literal["shear"] = "shear"
    degrees: float = Field(default=5.0, ge=0, le=60, description="largest angle, in degrees to either side")

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """Angles in degrees for (k by j, k by i, j by i); only the last for patches of one slice."""
        angles = symmetric(rng, (self.degrees,) * 3)
        return {"degrees": [0.0, 0.0, angles[2]] if frame.in_plane else angles}

    @staticmethod
    def matrix(parameters: Parameters) -> NDArray[np.float64]:
        """Tangents above the diagonal."""
        result = np.eye(4)
        result[[0, 0, 1], [1, 2, 2]] = np.tan(np.deg2rad(parameters["degrees"]))
        return result
