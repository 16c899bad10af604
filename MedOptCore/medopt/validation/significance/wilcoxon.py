"""Signed ranks of the subjects' differences."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from medopt.validation.interval import FEWEST_SUBJECTS, too_few
from medopt.validation.significance.outcome import Significance, paired

EXACT = 50
"""Up to so many subjects that differ the p-value is exact."""

DIGITS = 12
"""Decimals to which differences are taken, so that rounding makes no ranks."""


def wilcoxon(first: ArrayLike, second: ArrayLike, subjects: Sequence[str]) -> Significance:
    """Wilcoxon's signed-rank test of the mean difference of each subject (Biometrics Bull 1945;1:80-83).

    Parameters
    ----------
    first, second : (cases,) values of two models
    subjects : the subject of each case

    Subjects without a difference are left out, tied differences share their mean rank. The p-value is exact, ties
    included, up to 50 subjects and that of the normal approximation with its correction for ties above. 1 when no
    subject differs. Refused below five subjects: then 0.05 is out of reach whatever the values are. (It is so with
    five, too, where the smallest p-value is 0.06.)
    """
    from scipy.stats import rankdata  # slow to load

    one, other = paired(first, second, subjects)
    names, index = np.unique(np.asarray(subjects, str), return_inverse=True)
    if len(names) < FEWEST_SUBJECTS:
        return Significance("wilcoxon", None, len(names), too_few(len(names)))
    means = np.round(np.bincount(index, weights=other - one) / np.bincount(index), DIGITS)
    means = means[means != 0]
    if not len(means):
        return Significance("wilcoxon", 1.0, len(names))
    ranks = rankdata(np.abs(means))
    p = _exact(ranks, means > 0) if len(means) <= EXACT else _approximate(ranks, means > 0)
    return Significance("wilcoxon", p, len(names))


def _exact(ranks: NDArray, above: NDArray) -> float:
    """From all 2ⁿ ways to give signs to the ranks."""
    doubled = np.rint(2 * ranks).astype(int)  # mean ranks of ties are halves
    ways = np.zeros(doubled.sum() + 1)
    ways[0] = 1.0
    for rank in doubled:
        ways[rank:] += ways[:-rank].copy()
    ways /= ways.sum()
    reached = doubled[above].sum()
    return float(min(1.0, 2 * min(ways[: reached + 1].sum(), ways[reached:].sum())))


def _approximate(ranks: NDArray, above: NDArray) -> float:
    """The variance of the rank sum under equality is a quarter of the sum of squared ranks, ties or not."""
    apart = ranks[above].sum() - ranks.sum() / 2
    return float(2 * ndtr(-abs(apart) / math.sqrt((ranks**2).sum() / 4)))
