"""Mirror a patch along its axes, exactly."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from medopt.augment.technique import Frame, Parameters, SpatialTechnique

Axis = Literal["k", "j", "i"]
AXES: tuple[Axis, ...] = ("k", "j", "i")


class Flip(SpatialTechnique):
    """Mirror along array axes, each drawn by itself. A patch that is only flipped keeps its values to the bit.

    Leave out the axis that tells left from right where the side matters to the task.
    """

    technique: Literal["flip"] = "flip"
    probability: float = Field(default=0.5, ge=0, le=1, description="chance of each axis")
    axes: tuple[Axis, ...] = Field(default=AXES, description="array axes that may be mirrored")

    def draw(self, rng: np.random.Generator, frame: Frame) -> Parameters | None:
        """The axes to mirror, or None when chance chose none."""
        chances = rng.random(3)
        axes = [
            name
            for name, chance, size in zip(AXES, chances, frame.shape, strict=True)
            if name in self.axes and chance < self.probability and size > 1
        ]
        return {"axes": axes} if axes else None

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """All axes that may be mirrored."""
        return {"axes": list(self.axes)}

    @staticmethod
    def matrix(parameters: Parameters) -> NDArray[np.float64]:
        """-1 for each mirrored axis."""
        return np.diag([-1.0 if name in parameters["axes"] else 1.0 for name in AXES] + [1.0])
