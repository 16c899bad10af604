"""Right answers among exclusive classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def accuracy(matrix: NDArray[np.int64]) -> float | None:
    """Part of all cases that were called right, of a ``confusion_matrix``; None without cases."""
    total = matrix.sum()
    return float(np.trace(matrix) / total) if total else None


def balanced_accuracy(matrix: NDArray[np.int64]) -> float | None:
    """Mean sensitivity of the classes that occur (Brodersen et al., ICPR 2010); None without cases."""
    cases = matrix.sum(axis=1)
    there = cases > 0
    return float((np.diag(matrix)[there] / cases[there]).mean()) if there.any() else None
