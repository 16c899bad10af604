"""Normalized surface Dice: the part of both surfaces that agrees within a tolerance."""

from __future__ import annotations

import math

import numpy as np

from medopt.errors import MedOptError
from medopt.metrics.surface import TIE, SurfaceDistances


def nsd(distances: SurfaceDistances, tolerance_mm: float) -> float:
    """Normalized surface Dice (surface Dice at a tolerance), 0 to 1.

    Area of both surfaces within ``tolerance_mm`` of the other one, over the area of both surfaces (Nikolov et al.,
    J Med Internet Res 2021;23(7):e26151). 1 when both masks are empty, 0 when one is. MONAI's default differs: it
    counts border voxels and gives NaN for two empty masks.

    Raises MedOptError when the tolerance is negative or not finite.
    """
    if not (math.isfinite(tolerance_mm) and tolerance_mm >= 0):
        raise MedOptError("wrong tolerance", expected="0 mm or more", found=str(tolerance_mm))
    if distances.both_empty:
        return 1.0
    if distances.one_empty:
        return 0.0
    within = total = 0.0
    for distance, measure in (
        (distances.from_reference, distances.reference_measure),
        (distances.from_prediction, distances.prediction_measure),
    ):
        within += measure[: np.searchsorted(distance, tolerance_mm + TIE, side="right")].sum()
        total += measure.sum()
    return min(1.0, float(within / total))
