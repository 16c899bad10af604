"""Lengths along (k, j, i), given in voxels or in mm."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from medopt.image import Geometry

Unit = Literal["voxels", "mm"]
Length = Annotated[float, Field(ge=0, le=1000)]
Lengths = tuple[Length, Length, Length]


def in_voxels(lengths: Lengths, unit: Unit, grid: Geometry) -> tuple[float, float, float]:
    """The lengths in voxels of ``grid``; 0 along axes of a single voxel."""
    k, j, i = (
        0.0 if n == 1 else length / (spacing if unit == "mm" else 1.0)
        for length, spacing, n in zip(lengths, grid.spacing, grid.shape, strict=True)
    )
    return k, j, i
