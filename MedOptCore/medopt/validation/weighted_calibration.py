"""Calibration errors of weighted cases, for many weightings at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medopt.metrics.calibration import BINS, Binning, bin_edges, bin_of


def weighted_calibration_error(
    weights: NDArray, truth: ArrayLike, probabilities: ArrayLike, binning: Binning = "width", bins: int = BINS
) -> NDArray[np.float64]:
    """(samples,) expected calibration error; NaN where no case has weight.

    Parameters
    ----------
    weights : (samples, cases) at least 0
    truth, probabilities : (cases,) as in ``medopt.metrics.reliability``
    binning, bins : the edges are those of the cases with weight 1 each, also for resamples
    """
    p = np.asarray(probabilities, float)
    apart = (p - np.asarray(truth, float))[:, None] * _members(p, binning, bins)
    gaps, total = np.asarray(weights, float) @ apart, np.asarray(weights, float).sum(axis=1)
    return np.divide(np.abs(gaps).sum(axis=1), total, out=np.full(len(gaps), np.nan), where=total > 0)


def weighted_shares(
    weights: NDArray, truth: ArrayLike, probabilities: ArrayLike, binning: Binning = "width", bins: int = BINS
) -> NDArray[np.float64]:
    """(samples, bins) how often it is true in each bin; NaN where a bin has no weight. Arguments as above."""
    p = np.asarray(probabilities, float)
    inside = _members(p, binning, bins)
    number = np.asarray(weights, float) @ inside
    true = np.asarray(weights, float) @ (inside * np.asarray(truth, float)[:, None])
    return np.divide(true, number, out=np.full(number.shape, np.nan), where=number > 0)


def _members(p: NDArray, binning: Binning, bins: int) -> NDArray[np.float64]:
    """(cases, bins) 1 where a case lies in a bin."""
    inside = np.zeros((len(p), bins))
    inside[np.arange(len(p)), bin_of(p, bin_edges(p, bins, binning))] = 1
    return inside
