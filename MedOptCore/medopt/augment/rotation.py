"""Turn a patch about its centre, in mm, so that anisotropic voxels keep distances."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from medopt.augment.technique import Frame, Parameters, SpatialTechnique, symmetric

Degrees = Annotated[float, Field(ge=0, le=180)]


class Rotation(SpatialTechnique):
    """Rotation about the patch centre, about axis i first, then j, then k.

    A positive angle about k turns j towards i, about j turns i towards k, about i turns k towards j.
    """

    technique: Literal["rotation"] = "rotation"
    degrees: tuple[Degrees, Degrees, Degrees] = Field(
        default=(15.0, 15.0, 15.0), description="largest angle about the axes (k, j, i), in degrees to either side"
    )

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """Angles about (k, j, i) in degrees; only about k for patches of one slice."""
        angles = symmetric(rng, self.degrees)
        return {"degrees": [angles[0], 0.0, 0.0] if frame.in_plane else angles}

    @staticmethod
    def matrix(parameters: Parameters) -> NDArray[np.float64]:
        """Rk · Rj · Ri."""
        result = np.eye(4)
        for axis, degrees in enumerate(parameters["degrees"]):
            a, b = (axis + 1) % 3, (axis + 2) % 3
            angle = np.deg2rad(degrees)
            turn = np.eye(4)
            turn[a, a] = turn[b, b] = np.cos(angle)
            turn[b, a] = np.sin(angle)
            turn[a, b] = -turn[b, a]
            result = result @ turn
        return result
