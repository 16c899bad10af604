"""Area under the ROC curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from medopt.metrics.curve_counts import count_by_score


def auroc(truth: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None) -> float | None:
    """The chance that a case with the finding scores higher than one without, ties counting half.

    That is the area under the empirical ROC curve by trapezoids and the Mann-Whitney statistic (Hanley & McNeil,
    Radiology 1982;143:29-36), exact with any number of ties. Arguments and errors as ``count_by_score``. None when
    there is no case with or none without the finding.
    """
    counts = count_by_score(truth, scores, weights)
    if not counts.both:
        return None
    above = np.cumsum(counts.positives) - counts.positives / 2
    return float((counts.negatives * above).sum() / (counts.positives.sum() * counts.negatives.sum()))
