"""Average precision of scores of cases."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from medopt.metrics.curve_counts import count_by_score


def average_precision(truth: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None) -> float | None:
    """Mean precision over the thresholds, weighted by the recall that each adds, without interpolation.

    As in scikit-learn; by chance it is the share of cases with the finding, so it says more than AUROC when these are
    rare (Saito & Rehmsmeier, PLoS ONE 2015;10:e0118432). Arguments and errors as ``count_by_score``. None when no
    case has the finding.
    """
    counts = count_by_score(truth, scores, weights)
    if not counts.positives.any():
        return None
    found = np.cumsum(counts.positives)
    called = found + np.cumsum(counts.negatives)
    precision = np.divide(found, called, out=np.zeros_like(found), where=called > 0)
    return float((counts.positives * precision).sum() / found[-1])
