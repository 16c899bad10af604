"""Values of an image on another grid: separable along shared axes, SimpleITK where one grid is turned."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from medopt.image import Geometry
from medopt.preprocess.grids import along_axes, index_map, shifted_copy, whole_voxel_shift
from medopt.preprocess.weights import (
    TRUNCATE,
    Interpolation,
    axis_weights,
    blank_outside,
    interpolate,
    smoothing_sigma,
)


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
        if aligned is None or interpolation == "cubic":
            smooth = smoothed(values, source, target) if anti_alias else values
        if aligned is None:
            result[channel] = resample_turned(smooth, source, target, interpolation, fill)
        else:
            weights = [
                axis_weights(n, first, step, count, interpolation, anti_alias=anti_alias)
                for n, (first, step), count in zip(values.shape, aligned, target.shape, strict=True)
            ]
            result[channel] = interpolate(coefficients(smooth) if interpolation == "cubic" else values, weights)
            blank_outside(result[channel], weights, fill)
        if interpolation == "cubic":
            low, high = min(float(values.min()), fill), max(float(values.max()), fill)
            np.clip(result[channel], low, high, out=result[channel])
    return result


def smoothed(values: NDArray[np.float32], source: Geometry, target: Geometry) -> NDArray[np.float32]:
    """(k, j, i) values smoothed along each axis that ``target`` samples more coarsely than ``source``."""
    steps = np.abs(index_map(source, target)[:3, :3]).max(axis=1)
    for axis, step in enumerate(steps):
        sigma = smoothing_sigma(float(step))
        if sigma > 0 and values.shape[axis] > 1:
            values = ndimage.gaussian_filter1d(
                values, sigma, axis, mode="nearest", output=np.float32, truncate=TRUNCATE
            )
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


def coefficients(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cubic B-spline coefficients of (k, j, i) values, mirrored at the ends."""
    for axis, size in enumerate(values.shape):
        if size > 1:
            values = ndimage.spline_filter1d(values, 3, axis, output=np.float32, mode="mirror")
    return values
