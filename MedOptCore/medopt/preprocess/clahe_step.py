"""Contrast-limited adaptive histogram equalization: each part of the image gets contrast of its own."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from medopt.image import Geometry
from medopt.preprocess.clahe import TileTables, tile_edges
from medopt.preprocess.histogram import Range, range_of
from medopt.preprocess.lengths import Unit
from medopt.preprocess.source import Rule, Source
from medopt.preprocess.step import IntensityStep

Side = Annotated[float, Field(gt=0, le=10000)]


class Clahe(IntensityStep):
    """CLAHE (Pizer et al. 1987; Zuiderveld 1994), slice by slice or in 3D.

    The image is divided into tiles; each has a table that makes its histogram flat, with bins cut off at
    ``clip_limit`` so that noise in flat parts is not blown up, and a voxel's value comes from the tables of the nearest
    tiles by linear interpolation. Nothing is rescaled: the unit and the range stay, and values outside ``range`` are
    left as they are. A tile of one single value is left as it is.
    """

    step: Literal["clahe"] = "clahe"
    dims: Literal[2, 3] = Field(default=2, description="2: each slice by itself; 3: tiles of the volume")
    tile: tuple[Side, Side, Side] | None = Field(
        default=None, description="size of the tiles along (k, j, i); an eighth of the image when left out"
    )
    unit: Unit = Field(default="mm", description="of the tiles")
    clip_limit: float = Field(
        default=2.0,
        ge=1,
        le=1000,
        description="largest height of a bin, in heights of a flat histogram; 1 changes nothing",
    )
    range: Range | None = Field(
        default=None, description="lowest and highest value, in the unit of the image; its own when left out"
    )
    bins: int = Field(default=256, ge=2, le=4096, description="bins of each tile's histogram, linear in between")

    @property
    def costly(self) -> bool:
        return True

    @property
    def looks_at_all(self) -> bool:
        return self.range is None or self.dims == 3

    @property
    def keeps_scale(self) -> bool:
        return True

    def rule(self, source: Source, channel: int) -> Rule:
        low, high = range_of(self.range, source, channel)
        if high <= low:
            return lambda values, _start: values
        edges = self._edges(source.geometry)
        if self.dims == 3:
            tables = TileTables(edges, self.bins, low, high)
            for start, values in source.slabs(channel):
                tables.count(values, start)
            tables.close(self.clip_limit)
            return tables.apply

        def by_slice(values: NDArray[np.float32], _start: int) -> NDArray[np.float32]:
            for plane in values:
                tables = TileTables((np.array([0, 1]), *edges[1:]), self.bins, low, high)
                tables.count(plane[None], 0)
                tables.close(self.clip_limit)
                plane[...] = tables.apply(plane[None], 0)[0]
            return values

        return by_slice

    def _edges(self, grid: Geometry) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        spacing = grid.spacing if self.unit == "mm" else (1.0, 1.0, 1.0)
        tile = self.tile or (0.0, 0.0, 0.0)
        sides = [t / s if t else n / 8 for t, s, n in zip(tile, spacing, grid.shape, strict=True)]
        k, j, i = (tile_edges(n, side) for n, side in zip(grid.shape, sides, strict=True))
        return k, j, i
