"""Values of an image on another grid: separable along shared axes, SimpleITK where one grid is turned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from medopt.image import Geometry
from medopt.preprocess.grids import along_axes, index_map, shifted_copy, whole_voxel_shift

Interpolation = Literal["linear", "cubic"]

FWHM_TO_SIGMA = 1 / np.sqrt(8 * np.log(2))
"""Standard deviation of a Gaussian whose full width at half maximum is 1."""


@dataclass(frozen=True, eq=False)
class AxisWeights:
    """How each of n target samples along one axis is made from source samples.

    Parameters
    ----------
    index : (taps, n) source samples; weight : (taps, n) float32, of sum 1 over the taps
    inside : (n,) bool, False where the target sample lies beyond the outer edge of the source's voxels
    """

    index: NDArray[np.intp]
    weight: NDArray[np.float32]
    inside: NDArray[np.bool_]

    @property
    def span(self) -> slice:
        """The source samples that are read."""
        return slice(int(self.index.min()), int(self.index.max()) + 1)

    def part(self, targets: slice) -> AxisWeights:
        """For a part of the target samples, with source indices counted from the start of its own ``span``."""
        index = self.index[:, targets]
        return AxisWeights(index - index.min(), self.weight[:, targets], self.inside[targets])


def axis_weights(size: int, first: float, step: float, count: int, interpolation: Interpolation) -> AxisWeights:
    """Weights for ``count`` samples at ``first + step * t`` of an axis with ``size`` voxels.

    Between the centre of the last voxel and its outer edge the value of that voxel holds. Cubic weights are for
    B-spline coefficients (Unser 1999) with mirrored ends.
    """
    place = first + step * np.arange(count)
    inside = (place >= -0.5 - 1e-4) & (place <= size - 0.5 + 1e-4)
    place = np.clip(place, 0, size - 1)
    low = np.minimum(np.floor(place), max(size - 2, 0)).astype(np.intp)
    u = place - low
    if interpolation == "linear" or size == 1:
        index = np.stack([low, np.minimum(low + 1, size - 1)])
        weight = np.stack([1 - u, u])
    else:
        index = low + np.arange(-1, 3)[:, None]
        period = 2 * (size - 1)
        index = np.abs((index + size - 1) % period - (size - 1))
        weight = np.stack([(1 - u) ** 3, 4 - 6 * u**2 + 3 * u**3, 1 + 3 * u + 3 * u**2 - 3 * u**3, u**3]) / 6
    return AxisWeights(index, weight.astype(np.float32), inside)


def interpolate(array: NDArray, weights: Sequence[AxisWeights]) -> NDArray[np.float32]:
    """Values (k', j', i') from (k, j, i) values by one set of weights an axis, float32; nothing is blanked outside."""
    result = array.astype(np.float32, copy=False)
    growth = [w.index.shape[1] / n for w, n in zip(weights, array.shape, strict=True)]
    for axis in sorted(range(3), key=lambda a: (growth[a], -a)):  # shrinking axes first: fewer values for the others
        result = _along(result, weights[axis], axis)
    return result


def blank_outside(array: NDArray, weights: Sequence[AxisWeights], fill: float) -> None:
    """Set ``array`` (k, j, i) to ``fill`` where any axis lies outside the source, in place."""
    for axis, weight in enumerate(weights):
        if not weight.inside.all():
            array[(slice(None),) * axis + (~weight.inside,)] = fill


def resample(
    array: NDArray,
    source: Geometry,
    target: Geometry,
    *,
    interpolation: Interpolation = "linear",
    anti_alias: bool = False,
    fill: float = 0.0,
) -> NDArray[np.float32]:
    """Values of ``array`` (channel, k, j, i) on ``source`` at the voxel centres of ``target``; float32.

    Grids that differ by whole voxels are copied exactly. ``anti_alias`` smooths the axes that get coarser by
    a Gaussian that takes the voxel's width from the old to the new spacing (Cardoso et al., MICCAI 2015).
    Cubic B-splines are held within the range of the channel. Outside the voxels of ``source`` stands ``fill``.
    """
    array = array.astype(np.float32, copy=False)
    shift = whole_voxel_shift(source, target)
    if shift is not None:
        return shifted_copy(array, shift, target.shape, fill)
    result = np.empty((array.shape[0], *target.shape), np.float32)
    aligned = along_axes(source, target)
    for channel, values in enumerate(array):
        smooth = smoothed(values, source, target) if anti_alias else values
        if aligned is None:
            result[channel] = resample_turned(smooth, source, target, interpolation, fill)
        else:
            weights = [
                axis_weights(n, first, step, count, interpolation)
                for n, (first, step), count in zip(values.shape, aligned, target.shape, strict=True)
            ]
            result[channel] = interpolate(_coefficients(smooth) if interpolation == "cubic" else smooth, weights)
            blank_outside(result[channel], weights, fill)
        if interpolation == "cubic":
            low, high = min(float(values.min()), fill), max(float(values.max()), fill)
            np.clip(result[channel], low, high, out=result[channel])
    return result


def smoothed(values: NDArray[np.float32], source: Geometry, target: Geometry) -> NDArray[np.float32]:
    """(k, j, i) values smoothed along each axis that ``target`` samples more coarsely than ``source``."""
    steps = np.abs(index_map(source, target)[:3, :3]).max(axis=1)
    for axis, step in enumerate(steps):
        if step > 1.01 and values.shape[axis] > 1:
            sigma = float(np.sqrt(step**2 - 1) * FWHM_TO_SIGMA)
            values = ndimage.gaussian_filter1d(values, sigma, axis, mode="nearest", output=np.float32)
    return values


def resample_turned(
    values: NDArray, source: Geometry, target: Geometry, interpolation: Interpolation, fill: float
) -> NDArray[np.float32]:
    """(k, j, i) values on any other grid, by SimpleITK; float32."""
    image = sitk.GetImageFromArray(np.ascontiguousarray(values, np.float32))
    _, spacing, origin, direction = source.to_itk()
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    image.SetDirection(direction)
    size, spacing, origin, direction = target.to_itk()
    kind = sitk.sitkLinear if interpolation == "linear" else sitk.sitkBSpline
    out = sitk.Resample(image, size, sitk.Transform(), kind, origin, spacing, direction, fill, sitk.sitkFloat32)
    return sitk.GetArrayFromImage(out)


def _coefficients(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cubic B-spline coefficients of (k, j, i) values, mirrored at the ends."""
    for axis, size in enumerate(values.shape):
        if size > 1:
            values = ndimage.spline_filter1d(values, 3, axis, output=np.float32, mode="mirror")
    return values


def _along(array: NDArray[np.float32], weights: AxisWeights, axis: int) -> NDArray[np.float32]:
    count = weights.index.shape[1]
    if (
        count == array.shape[axis]
        and np.array_equal(weights.index[0], np.arange(count))
        and (weights.weight[0] == 1).all()
    ):
        return array
    column = [1, 1, 1]
    column[axis] = count
    result: NDArray[np.float32] | None = None
    for index, weight in zip(weights.index, weights.weight, strict=True):
        part = np.take(array, index, axis)
        part *= weight.reshape(column)
        result = part if result is None else np.add(result, part, out=result)
    if result is None:
        raise ValueError("weights without taps")
    return result
