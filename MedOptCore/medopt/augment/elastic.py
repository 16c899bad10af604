"""Deform a patch smoothly, as soft tissue does."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from medopt.augment.separable import bspline_matrix, voxel_splines
from medopt.augment.technique import Frame, Parameters, SpatialTechnique

LARGEST_SHARE = 0.4
"""Largest displacement as a share of the control spacing: below 0.48 a cubic B-spline deformation cannot fold
(Choi and Lee, 2000)."""


class Elastic(SpatialTechnique):
    """Free-form deformation: random displacements on a coarse grid, cubic B-splines in between (Rueckert 1999)."""

    technique: Literal["elastic"] = "elastic"
    spacing: float = Field(default=24.0, gt=0, description="mm between control points")
    magnitude: float = Field(default=4.0, ge=0, description="largest displacement of a control point, in mm an axis")

    @model_validator(mode="after")
    def _no_folds(self) -> Elastic:
        if self.magnitude > LARGEST_SHARE * self.spacing:
            raise ValueError(
                f"the magnitude ({self.magnitude:g} mm) must not exceed {LARGEST_SHARE:g} of the control spacing "
                f"({self.spacing:g} mm), or tissue folds over itself"
            )
        return self

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """``spacing`` in mm and ``field``: displacements in mm as (axis, k, j, i) of the control points.

        The grid of control points is centred on the patch. Patches of one slice move within their plane.
        """
        counts = [
            1 if n == 1 else int(np.ceil(e / self.spacing)) + 3 for n, e in zip(frame.shape, frame.extent, strict=True)
        ]
        field = np.round(self.magnitude * (2 * rng.random((3, *counts)) - 1), 4)
        for axis in range(3):
            if frame.shape[axis] == 1:
                field[axis] = 0
        return {"spacing": self.spacing, "field": field.tolist()}

    @staticmethod
    def matrix(parameters: Parameters) -> NDArray[np.float64]:
        """No matrix: the displacement is added to the place from which a voxel is read."""
        return np.eye(4)


def displacement_weights(
    parameters: Parameters, frame: Frame
) -> tuple[NDArray[np.float64], tuple[NDArray[np.float64], ...]]:
    """The control points (axis, a, b, c) in mm, and for each of (k, j, i) the weights (voxels, control points) that
    make the displacement of each voxel from them.
    """
    field = np.asarray(parameters["field"], float)
    return field, tuple(
        voxel_splines(n, count, s / parameters["spacing"])
        for n, count, s in zip(frame.shape, field.shape[1:], frame.spacing, strict=True)
    )


def displacement_at(parameters: Parameters, frame: Frame, index: NDArray[np.float64]) -> NDArray[np.float64]:
    """Displacement in mm at (n, 3) fractional patch indices (k, j, i)."""
    field = np.asarray(parameters["field"], float)
    weights = [
        bspline_matrix(n, count, s / parameters["spacing"], index[:, axis])
        for axis, (n, count, s) in enumerate(zip(frame.shape, field.shape[1:], frame.spacing, strict=True))
    ]
    return np.einsum("xabc,na,nb,nc->nx", field, *weights)
