"""A volume on another grid with the same axes, worked out slab by slab."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.preprocess.grids import along_axes, shifted_copy, whole_voxel_shift
from medopt.preprocess.sampling import resample
from medopt.preprocess.source import NEIGHBOURS, Source
from medopt.preprocess.weights import AxisWeights, Interpolation, axis_weights, blank_outside, interpolate


def regridded(
    source: Source,
    target: Geometry,
    *,
    interpolation: Interpolation = "linear",
    anti_alias: bool = False,
    fill: float = 0.0,
) -> Source:
    """``source`` on the voxel centres of ``target``, which shares its axes; ``fill`` outside its voxels.

    Grids that differ by whole voxels are copied exactly. See `medopt.preprocess.resample` for the options.
    Raises MedOptError for a grid that is turned against the source.
    """
    shift = whole_voxel_shift(source.geometry, target)
    if shift is not None:
        return source if source.geometry == target else Shifted(source, target, shift, fill)
    aligned = along_axes(source.geometry, target)
    if aligned is None:
        raise MedOptError("the grids do not share their axes", expected="a grid with the axes of the image")
    if interpolation == "cubic":
        return Cubic(source, target, anti_alias, fill)
    weights = [
        axis_weights(n, first, step, count, "linear", anti_alias=anti_alias)
        for n, (first, step), count in zip(source.geometry.shape, aligned, target.shape, strict=True)
    ]
    return Linear(source, target, (weights[0], weights[1], weights[2]), fill)


class Shifted(Source):
    """The same voxels, some cut off and some added: an exact copy."""

    def __init__(self, upstream: Source, target: Geometry, shift: tuple[int, int, int], fill: float) -> None:
        self._upstream, self._shift, self._fill = upstream, shift, fill
        self.geometry, self.channels, self.windows = target, upstream.channels, upstream.windows
        self.costly = upstream.costly
        if upstream.whole is not None and float(fill).is_integer():
            self.whole = min(upstream.whole[0], int(fill)), max(upstream.whole[1], int(fill))

    @cached_property
    def thickness(self) -> int:
        return max(super().thickness, self._upstream.thickness)

    def slab(self, channel: int, start: int, stop: int) -> NDArray[np.float32]:
        size = self._upstream.geometry.shape[0]
        first = min(max(start + self._shift[0], 0), size - 1)
        last = max(min(stop + self._shift[0], size), first + 1)
        values = self._upstream.slab(channel, first, last)
        shift = (start + self._shift[0] - first, *self._shift[1:])
        return shifted_copy(values, shift, (stop - start, *self.geometry.shape[1:]), self._fill)


class Linear(Source):
    """Linear interpolation, smoothed against aliasing or not, by weights along each axis."""

    costly = True

    def __init__(
        self, upstream: Source, target: Geometry, weights: tuple[AxisWeights, AxisWeights, AxisWeights], fill: float
    ) -> None:
        self._upstream, self._weights, self._fill = upstream, weights, fill
        self.geometry, self.channels, self.windows = target, upstream.channels, upstream.windows

    @cached_property
    def thickness(self) -> int:
        index = self._weights[0].index
        read = (int(index.max()) - int(index.min()) + 1) / index.shape[1]  # source slices a target slice
        return max(super().thickness, round(max(self._upstream.thickness, NEIGHBOURS * len(index)) / read))

    def slab(self, channel: int, start: int, stop: int) -> NDArray[np.float32]:
        rows = self._weights[0].index[:, start:stop]
        values = self._upstream.slab(channel, int(rows.min()), int(rows.max()) + 1)
        weights = (self._weights[0].part(slice(start, stop)), *self._weights[1:])
        result = interpolate(values, weights)
        blank_outside(result, weights, self._fill)
        return result


class Cubic(Source):
    """Cubic B-splines, whose coefficients depend on the whole channel: it is worked out in one piece and kept."""

    costly = False

    def __init__(self, upstream: Source, target: Geometry, anti_alias: bool, fill: float) -> None:
        self._upstream, self._anti_alias, self._fill = upstream, anti_alias, fill
        self.geometry, self.channels, self.windows = target, upstream.channels, upstream.windows
        self._kept: tuple[int, NDArray[np.float32]] | None = None

    def slab(self, channel: int, start: int, stop: int) -> NDArray[np.float32]:
        if self._kept is None or self._kept[0] != channel:
            self._kept = None
            values = resample(
                self._upstream.channel(channel)[None],
                self._upstream.geometry,
                self.geometry,
                interpolation="cubic",
                anti_alias=self._anti_alias,
                fill=self._fill,
            )
            self._kept = (channel, values[0])
        return self._kept[1][start:stop].copy()
