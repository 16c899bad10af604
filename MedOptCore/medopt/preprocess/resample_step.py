"""Resample to a voxel spacing."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from medopt.image import Image
from medopt.preprocess.sampling import Interpolation, resample
from medopt.preprocess.step import Step

Millimetres = Annotated[float, Field(gt=0)]


class Resample(Step):
    """Resample to ``spacing``; the field of view stays, edge to edge, so the spacing met is the nearest that fits it.

    Labels follow by linear interpolation of each class (see ``Pipeline.label``).
    """

    step: Literal["resample"] = "resample"
    spacing: tuple[Millimetres, Millimetres, Millimetres] = Field(
        description="mm between voxel centres along (k, j, i); the first value is the slice distance"
    )
    interpolation: Interpolation = Field(
        default="linear", description="'linear', or 'cubic' (B-spline, sharper, slower)"
    )
    anti_alias: bool = Field(default=True, description="smooth by a Gaussian along axes that become coarser")

    def apply(self, image: Image) -> Image:
        """The image on a grid of the wanted spacing; 2D images (k = 1) keep their one slice."""
        wanted = image.geometry.resampled(self.spacing)
        if image.geometry.is_2d:
            wanted = image.geometry.resized((1, *wanted.shape[1:]))
        array = resample(
            image.array, image.geometry, wanted, interpolation=self.interpolation, anti_alias=self.anti_alias
        )
        return Image(array, wanted)
