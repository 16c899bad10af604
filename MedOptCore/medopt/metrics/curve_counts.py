"""How many cases with and without a finding lie at each score; all curves over the score read these."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medopt.errors import MedOptError


@dataclass(frozen=True, eq=False)
class CurveCounts:
    """Weights of cases at each distinct score, the highest score first.

    Parameters
    ----------
    scores : (m,) descending, each once
    positives, negatives : (m,) sums of the weights of the cases with and without the finding at that score
    """

    scores: NDArray[np.float64]
    positives: NDArray[np.float64]
    negatives: NDArray[np.float64]

    @property
    def both(self) -> bool:
        """Whether there are cases of either kind."""
        return bool(self.positives.any() and self.negatives.any())


def count_by_score(truth: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None) -> CurveCounts:
    """Count cases at each distinct score.

    Parameters
    ----------
    truth : (n,) bool, or 0 and 1: whether a case shows the finding
    scores : (n,) finite; higher is surer of the finding
    weights : (n,) at least 0, such as how often a case was drawn by a bootstrap; 1 each when None

    Raises MedOptError when lengths differ or a score is not finite. Empty input gives empty arrays.
    """
    true, score = np.asarray(truth).astype(bool), np.asarray(scores, float)
    weight = np.ones(score.shape) if weights is None else np.asarray(weights, float)
    if score.ndim != 1 or not true.shape == score.shape == weight.shape:
        raise MedOptError(
            "truth, scores and weights do not fit",
            expected="one of each a case",
            found=f"shapes {true.shape}, {score.shape} and {weight.shape}",
        )
    if not np.isfinite(score).all():
        raise MedOptError("a score is not a number", found=f"{int((~np.isfinite(score)).sum())} of {len(score)}")
    distinct, place = np.unique(-score, return_inverse=True)
    size = len(distinct)
    return CurveCounts(
        -distinct,
        np.bincount(place, weight * true, size).astype(float),
        np.bincount(place, weight * ~true, size).astype(float),
    )
