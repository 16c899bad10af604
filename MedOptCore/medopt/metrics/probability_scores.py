"""How good probabilities are, beyond their order."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

SMALLEST = 1e-15
"""Probabilities are taken as at least this, so that one wrong certainty does not make a loss infinite."""


def brier_score(truth: ArrayLike, probabilities: ArrayLike) -> float | None:
    """Mean squared distance of probabilities from what is (Brier, Mon Weather Rev 1950;78:1-3).

    Parameters
    ----------
    truth, probabilities : (n,) of one finding, 0 to 1 at best and worst; or (n, classes), summed over classes, 0 to 2

    None without cases.
    """
    true, p = np.asarray(truth, float), np.asarray(probabilities, float)
    return float(((p - true) ** 2).reshape(len(p), -1).sum(axis=1).mean()) if len(p) else None


def log_loss(truth: ArrayLike, probabilities: ArrayLike) -> float | None:
    """Mean of -ln of the probability of what is.

    Parameters
    ----------
    truth, probabilities : (n,) of one finding; or (n, classes) of exclusive classes, one of which is true

    None without cases.
    """
    true, p = np.asarray(truth).astype(bool), np.asarray(probabilities, float)
    if not len(p):
        return None
    right = np.where(true, p, 1 - p) if p.ndim == 1 else np.where(true, p, 0).sum(axis=1)
    return float(-np.log(np.clip(right, SMALLEST, 1)).mean())
