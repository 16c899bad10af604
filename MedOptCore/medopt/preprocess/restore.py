"""The way back: what a model says on the prepared grid, on the grid of the original image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.preprocess.labels import largest_class
from medopt.preprocess.sampling import resample


def restore_label(scores: NDArray, grid: Geometry, original: Geometry) -> LabelMap:
    """The class with the largest score at each voxel of the original image.

    Parameters
    ----------
    scores : (class, k, j, i) on ``grid``, class 0 is background; logits or probabilities, any float dtype; may be
        memory-mapped, it is read in slabs
    grid : the grid of the prepared image
    original : the grid of the image as it was read

    Returns a label map of class indices (uint8, or uint16 above 256 classes) that lies exactly on ``original``.
    Grids that differ by whole voxels (padding, cropping) are copied without interpolation; otherwise scores are
    interpolated linearly, class by class, with a running maximum. What preprocessing had cropped away is
    background. Raises MedOptError when ``scores`` does not fit ``grid``.
    """
    _check(scores, grid)
    return LabelMap(largest_class(scores, grid, original), original)


def restore_values(values: NDArray, grid: Geometry, original: Geometry, *, fill: float = 0.0) -> NDArray[np.float32]:
    """``values`` (channel, k, j, i) on ``grid``, such as probabilities, at the voxels of ``original``; float32.

    Linear interpolation, exact copy between grids that differ by whole voxels, ``fill`` where the prepared image
    did not reach. Raises MedOptError when ``values`` does not fit ``grid``.
    """
    _check(values, grid)
    return resample(values, grid, original, fill=fill)


def _check(values: NDArray, grid: Geometry) -> None:
    if values.ndim != 4 or values.shape[1:] != grid.shape or values.shape[0] == 0:
        raise MedOptError(
            "the prediction does not fit the prepared grid",
            expected=f"an array of (class, {', '.join(map(str, grid.shape))})",
            found=f"shape {values.shape}",
        )
