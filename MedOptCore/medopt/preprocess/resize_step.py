"""Resize to an exact number of voxels."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from medopt.image import Geometry
from medopt.preprocess.regrid import regridded
from medopt.preprocess.source import Source
from medopt.preprocess.step import Step
from medopt.preprocess.weights import Interpolation

Voxels = Annotated[int, Field(ge=1)]


class Resize(Step):
    """Resize to ``shape``, keeping the aspect ratio or not.

    ``fit`` scales the image so that its long side fits and pads the rest evenly on both sides; ``crop`` scales it so
    that its short side fills and crops the rest evenly; ``stretch`` ignores the aspect ratio.
    """

    step: Literal["resize"] = "resize"
    shape: tuple[Voxels, Voxels, Voxels] = Field(description="voxels along (k, j, i); k is 1 for 2D images")
    mode: Literal["fit", "crop", "stretch"] = Field(
        default="fit", description="'fit' long side and pad, 'crop' fit short side and crop, or 'stretch'"
    )
    interpolation: Interpolation = Field(
        default="linear", description="'linear', or 'cubic' (B-spline, sharper, slower)"
    )
    anti_alias: bool = Field(default=True, description="smooth by a Gaussian along axes that become coarser")
    fill: float = Field(default=0.0, description="value of padded voxels, in the unit that the image has at this step")

    @property
    def costly(self) -> bool:
        return True

    def apply(self, source: Source) -> Source:
        """The volume on a grid of exactly ``shape``."""
        return regridded(
            source,
            self.grid(source.geometry),
            interpolation=self.interpolation,
            anti_alias=self.anti_alias,
            fill=self.fill,
        )

    def grid(self, grid: Geometry) -> Geometry:
        """The grid of ``shape`` that an image on ``grid`` gets."""
        if self.mode == "stretch":
            return grid.resized(self.shape)
        old, new = np.asarray(grid.shape, float), np.asarray(self.shape, float)
        counted = (old > 1) | (new > 1)  # the one slice of a 2D image says nothing about the scale
        ratios = (new / old)[counted]
        scale = 1.0 if ratios.size == 0 else float(ratios.min() if self.mode == "fit" else ratios.max())
        step = np.where(counted, 1 / scale, 1.0)
        origin = grid.index_to_lps((old - 1) / 2 - step * (new - 1) / 2)
        return Geometry(self.shape, tuple(np.asarray(grid.spacing) * step), tuple(origin), grid.direction)
