"""Sampling along one axis as weights, smoothing included, and volumes sampled by one set of weights an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Interpolation = Literal["linear", "cubic"]

FWHM_TO_SIGMA = 1 / np.sqrt(8 * np.log(2))
"""Standard deviation of a Gaussian whose full width at half maximum is 1."""
TRUNCATE = 4.0
"""Standard deviations after which a Gaussian is cut off."""
COARSER = 1.01
"""Steps above this, in voxels, are smoothed against aliasing."""
BLOCK = 64
"""Target samples that are made by one small matrix product, which is nearly full and runs at full speed."""


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


def axis_weights(
    size: int, first: float, step: float, count: int, interpolation: Interpolation, *, anti_alias: bool = False
) -> AxisWeights:
    """Weights for ``count`` samples at ``first + step * t`` of an axis with ``size`` voxels.

    Between the centre of the last voxel and its outer edge the value of that voxel holds. Cubic weights are for
    B-spline coefficients (Unser 1999) with mirrored ends. ``anti_alias``, for linear weights, smooths first where
    ``step`` is larger than a voxel, see `smoothing_sigma`.
    """
    place = first + step * np.arange(count)
    inside = (place >= -0.5 - 1e-4) & (place <= size - 0.5 + 1e-4)
    place = np.clip(place, 0, size - 1)
    low = np.minimum(np.floor(place), max(size - 2, 0)).astype(np.intp)
    u = place - low
    sigma = smoothing_sigma(step) if anti_alias and size > 1 else 0.0
    if interpolation == "linear" or size == 1:
        kernel = _gaussian(sigma)
        radius = len(kernel) // 2
        offsets = np.arange(-radius, radius + 2)[:, None]
        here = np.append(kernel, 0.0)[:, None]
        index = np.clip(low + offsets, 0, size - 1)
        weight = (1 - u) * here + u * np.roll(here, 1, axis=0)
    else:
        index = low + np.arange(-1, 3)[:, None]
        period = 2 * (size - 1)
        index = np.abs((index + size - 1) % period - (size - 1))
        weight = np.stack([(1 - u) ** 3, 4 - 6 * u**2 + 3 * u**3, 1 + 3 * u + 3 * u**2 - 3 * u**3, u**3]) / 6
    return AxisWeights(index, weight.astype(np.float32), inside)


def smoothing_weights(size: int, sigma: float) -> AxisWeights:
    """Weights that smooth an axis of ``size`` voxels by a Gaussian of ``sigma`` voxels; its ends go on outside."""
    kernel = _gaussian(sigma if size > 1 else 0.0)
    radius = len(kernel) // 2
    index = np.clip(np.arange(size) + np.arange(-radius, radius + 1)[:, None], 0, size - 1)
    weight = np.broadcast_to(kernel[:, None], index.shape).astype(np.float32)
    return AxisWeights(index, weight, np.ones(size, bool))


def smoothing_sigma(step: float) -> float:
    """Standard deviation, in source voxels, of the Gaussian that takes a voxel's width to ``step`` voxels (Cardoso et
    al., MICCAI 2015); 0 when the new voxels are no larger.
    """
    return float(np.sqrt(step**2 - 1) * FWHM_TO_SIGMA) if abs(step) > COARSER else 0.0


def interpolate(array: NDArray, weights: Sequence[AxisWeights]) -> NDArray[np.float32]:
    """Values (k', j', i') from (k, j, i) values by one set of weights an axis, float32; nothing is blanked outside."""
    result = array.astype(np.float32, copy=False)
    growth = [w.index.shape[1] / n for w, n in zip(weights, array.shape, strict=True)]
    for axis in sorted(range(3), key=lambda a: (growth[a], a)):  # shrinking axes first: fewer values for the others
        result = _along(result, weights[axis], axis)
    return result


def blank_outside(array: NDArray, weights: Sequence[AxisWeights], fill: float) -> None:
    """Set ``array`` (k, j, i) to ``fill`` where any axis lies outside the source, in place."""
    for axis, weight in enumerate(weights):
        if not weight.inside.all():
            array[(slice(None),) * axis + (~weight.inside,)] = fill


def _gaussian(sigma: float) -> NDArray[np.float64]:
    """A Gaussian of sum 1, cut off at TRUNCATE standard deviations; a single 1 for ``sigma`` 0."""
    if sigma == 0:
        return np.ones(1)
    radius = int(TRUNCATE * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return kernel / kernel.sum()


def _along(array: NDArray[np.float32], weights: AxisWeights, axis: int) -> NDArray[np.float32]:
    count = weights.index.shape[1]
    if count == array.shape[axis] and _copies(weights):
        return array
    shape = list(array.shape)
    shape[axis] = count
    result = np.empty(shape, np.float32)
    for start in range(0, count, BLOCK):
        targets = slice(start, min(start + BLOCK, count))
        index, weight = weights.index[:, targets], weights.weight[:, targets]
        first, last = int(index.min()), int(index.max()) + 1
        matrix = np.zeros((index.shape[1], last - first), np.float32)
        np.add.at(matrix, (np.arange(index.shape[1])[None], index - first), weight)
        if axis == 0:
            rows = array[first:last].reshape(last - first, -1)
            np.matmul(matrix, rows, out=result[targets].reshape(matrix.shape[0], -1))
        elif axis == 1:
            np.matmul(matrix, array[:, first:last], out=result[:, targets])
        else:
            np.matmul(array[:, :, first:last], matrix.T, out=result[:, :, targets])
    return result


def _copies(weights: AxisWeights) -> bool:
    """Whether every target sample is the source sample of its own number."""
    own = weights.index == np.arange(weights.index.shape[1])
    return bool((np.where(own, weights.weight, 0).sum(axis=0) == 1).all())
