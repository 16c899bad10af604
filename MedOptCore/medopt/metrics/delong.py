"""How sure an area under the ROC curve is, and the difference of two."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from medopt.errors import MedOptError


@dataclass(frozen=True)
class AurocEstimate:
    """An area under the ROC curve with its interval.

    Parameters
    ----------
    value : the area; None when there are no cases with or none without the finding
    variance : of the area; None with fewer than two cases of either kind
    low, high : ends of the interval; None when it is refused
    positives, negatives : cases with and without the finding
    refused : why there is no interval; "" when there is one
    """

    value: float | None
    variance: float | None
    low: float | None
    high: float | None
    positives: int
    negatives: int
    refused: str = ""


@dataclass(frozen=True)
class AurocDifference:
    """The area of a first model minus that of a second on the same cases.

    Parameters
    ----------
    value : the difference
    low, high : ends of its interval
    p : two-sided probability of so large a difference between equal models; 1 when it has no spread and is 0
    """

    value: float
    low: float
    high: float
    p: float


def delong_auroc(truth: ArrayLike, scores: ArrayLike, level: float = 0.95) -> AurocEstimate:
    """AUROC with the interval of DeLong, DeLong & Clarke-Pearson, Biometrics 1988;44:837-845.

    The variance comes from ranks (Sun & Xu, IEEE Signal Process Lett 2014;21:1389-1393). The interval is symmetric
    on the logit scale and so stays within 0 and 1 (Pepe, The Statistical Evaluation of Medical Tests, 2003). Cases
    are taken as independent: with several cases a subject it is too narrow, and the bootstrap over subjects of
    ``medopt.validation`` is right.

    Parameters
    ----------
    truth : (n,) bool, or 0 and 1
    scores : (n,) finite
    level : of confidence

    The interval is refused when there are fewer than two cases of either kind, and when the scores part them wholly,
    where the variance says nothing. Raises MedOptError as ``count_by_score`` does.
    """
    true, score = _checked(truth, scores)
    positives, negatives = int(true.sum()), int((~true).sum())
    if not positives or not negatives:
        return AurocEstimate(None, None, None, None, positives, negatives, "cases of one kind only")
    ranks = _Placements.of(true, score[None])
    value = float(ranks.area[0])
    if min(positives, negatives) < 2:
        refused = "fewer than two cases of one kind"
        return AurocEstimate(value, None, None, None, positives, negatives, refused)
    variance = float(ranks.covariance()[0, 0])
    if variance <= 0 or not 0 < value < 1:
        refused = "no spread: the scores part the two kinds of cases wholly" if value in (0, 1) else "no spread"
        return AurocEstimate(value, variance, None, None, positives, negatives, refused)
    center = math.log(value / (1 - value))
    reach = float(ndtri((1 + level) / 2)) * math.sqrt(variance) / (value * (1 - value))
    low, high = (1 / (1 + math.exp(-(center + side * reach))) for side in (-1, 1))
    return AurocEstimate(value, variance, low, high, positives, negatives)


def delong_difference(truth: ArrayLike, first: ArrayLike, second: ArrayLike, level: float = 0.95) -> AurocDifference:
    """AUROC of ``first`` minus that of ``second``, two sets of scores of the same independent cases.

    Raises MedOptError as ``count_by_score`` does, and when there are fewer than two cases of either kind.
    """
    true, one = _checked(truth, first)
    _, other = _checked(truth, second)
    if min(int(true.sum()), int((~true).sum())) < 2:
        raise MedOptError("too few cases to compare", expected="two or more with and without the finding")
    ranks = _Placements.of(true, np.stack([one, other]))
    covariance = ranks.covariance()
    value = float(ranks.area[0] - ranks.area[1])
    spread = math.sqrt(max(float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]), 0.0))
    reach = float(ndtri((1 + level) / 2)) * spread
    p = 2 * float(ndtr(-abs(value) / spread)) if spread else float(value == 0)
    return AurocDifference(value, value - reach, value + reach, p)


@dataclass(frozen=True, eq=False)
class _Placements:
    """Of each case, (models, cases of a kind): the part of the other kind that it ranks right against."""

    of_positives: NDArray[np.float64]
    of_negatives: NDArray[np.float64]

    @classmethod
    def of(cls, true: NDArray[np.bool_], scores: NDArray[np.float64]) -> _Placements:
        from scipy.stats import rankdata  # slow to load

        positive, negative = scores[:, true], scores[:, ~true]
        overall = rankdata(scores, axis=1)
        above = (overall[:, true] - rankdata(positive, axis=1)) / negative.shape[1]
        below = 1 - (overall[:, ~true] - rankdata(negative, axis=1)) / positive.shape[1]
        return cls(above, below)

    @property
    def area(self) -> NDArray[np.float64]:
        return self.of_positives.mean(axis=1)

    def covariance(self) -> NDArray[np.float64]:
        parts = (self.of_positives, self.of_negatives)
        return sum((np.atleast_2d(np.cov(p)) / p.shape[1] for p in parts), np.zeros((len(parts[0]),) * 2))


def _checked(truth: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    true, score = np.asarray(truth).astype(bool), np.asarray(scores, float)
    if score.ndim != 1 or true.shape != score.shape:
        raise MedOptError(
            "truth and scores do not fit", expected="one of each a case", found=f"shapes {true.shape} and {score.shape}"
        )
    if not np.isfinite(score).all():
        raise MedOptError("a score is not a number", found=f"{int((~np.isfinite(score)).sum())} of {len(score)}")
    return true, score
