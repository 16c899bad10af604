"""Agreement beyond chance."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Weighting = Literal["none", "linear", "quadratic"]
"""How much a confusion of distant classes weighs more than one of neighbours; for classes in an order, as of grades."""


def cohen_kappa(matrix: NDArray[np.int64], weighting: Weighting = "none") -> float | None:
    """Cohen's kappa of a ``confusion_matrix``: 1 for agreement, 0 for that of chance (Cohen, Educ Psychol Meas
    1960;20:37-46; weighted: Psychol Bull 1968;70:213-220).

    None without cases, and when truths and answers are all of one class, so that chance alone agrees.
    """
    total = matrix.sum()
    if not total:
        return None
    apart = np.abs(np.subtract.outer(np.arange(len(matrix)), np.arange(len(matrix)))).astype(float)
    cost = {"none": (apart > 0).astype(float), "linear": apart, "quadratic": apart**2}[weighting]
    by_chance = np.outer(matrix.sum(axis=1), matrix.sum(axis=0)) / total
    expected = (cost * by_chance).sum()
    return float(1 - (cost * matrix).sum() / expected) if expected else None
