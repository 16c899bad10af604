"""Hausdorff distances: how far the surfaces lie apart at worst, or all but for the worst few percent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.metrics.surface import SurfaceDistances


def hausdorff(distances: SurfaceDistances, percent: float = 95.0) -> float | None:
    """Hausdorff distance in mm at ``percent`` of the surface: HD95 by default, HD with 100.

    In each direction the smallest distance within which at least ``percent`` of the surface's area lies, then the
    larger of the two. None when both masks are empty, the image's diagonal when one is. MONAI's differs: it takes
    interpolated percentiles over border voxels, each of one weight whatever its spacing, and NaN or infinity for
    empty masks.

    Raises MedOptError when ``percent`` does not lie above 0 and up to 100.
    """
    if not 0 < percent <= 100:
        raise MedOptError("wrong percentile", expected="above 0 and up to 100", found=str(percent))
    if distances.both_empty:
        return None
    if distances.one_empty:
        return distances.diagonal
    return max(
        _covering(distances.from_reference, distances.reference_measure, percent),
        _covering(distances.from_prediction, distances.prediction_measure, percent),
    )


def _covering(distance: NDArray[np.float64], measure: NDArray[np.float64], percent: float) -> float:
    covered = np.cumsum(measure)
    wanted = percent / 100 * covered[-1] * (1 - 1e-12)
    return float(distance[np.searchsorted(covered, wanted)])
