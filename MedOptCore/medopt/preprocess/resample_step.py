"""Resample to a voxel spacing."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from medopt.preprocess.regrid import regridded
from medopt.preprocess.source import Source
from medopt.preprocess.step import Step
from medopt.preprocess.weights import Interpolation

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

    @property
    def costly(self) -> bool:
        return True

    def apply(self, source: Source) -> Source:
        """The volume on a grid of the wanted spacing; 2D images (k = 1) keep their one slice."""
        wanted = source.geometry.resampled(self.spacing)
        if source.geometry.is_2d:
            wanted = source.geometry.resized((1, *wanted.shape[1:]))
        return regridded(source, wanted, interpolation=self.interpolation, anti_alias=self.anti_alias)
