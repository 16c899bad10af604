"""The probability of each class at each voxel of a case's own image, in a byte each, class by class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medopt.image import Geometry
from medopt.labelling.confidence import LEVELS
from medopt.preprocess.restore import restore_values


def byte_probabilities(
    scores: NDArray, grid: Geometry, original: Geometry, rows: Sequence[int | None]
) -> NDArray[np.uint8]:
    """(class, k, j, i) probability × 255, rounded, on ``original``; 0 where the prepared image did not reach.

    Parameters
    ----------
    scores : (output, k, j, i) probabilities on ``grid``; may be memory-mapped
    grid, original : of the prepared image, and of the image as it was read
    rows : for each class wanted its place in ``scores``; None, a class that the model does not know, gives zeros

    Besides the result one float32 volume of the original image is held at a time. Raises MedOptError when ``scores``
    do not fit ``grid``.
    """
    result = np.zeros((len(rows), *original.shape), np.uint8)
    for place, row in enumerate(rows):
        if row is None:
            continue
        values = restore_values(scores[row : row + 1], grid, original)[0]
        values *= LEVELS
        np.rint(values, out=values)
        np.clip(values, 0, LEVELS, out=values)
        result[place] = values
    return result
