"""Where a rate may lie."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit


def wilson_interval(successes: int, n: int, level: float = 0.95) -> tuple[float, float] | None:
    """Score interval of a proportion (Wilson, J Am Stat Assoc 1927;22:209-212), as recommended by Brown, Cai &
    DasGupta, Stat Sci 2001;16:101-133.

    Parameters
    ----------
    successes, n : how many of how many independent cases
    level : of confidence

    Returns the two ends within 0 to 1; None when there is no case.
    """
    if not n:
        return None
    return _ends(successes / n, n, level)


def clustered_wilson(successes: ArrayLike, numbers: ArrayLike, level: float = 0.95) -> tuple[float, float] | None:
    """Wilson's interval of the share of cases, where several cases of one subject resemble each other.

    Parameters
    ----------
    successes, numbers : (subjects,) cases that succeed, and all cases, of each subject

    The number of cases is lowered to that of independent cases which would tell the share as well: by the ratio of the
    variance between subjects to that of independent cases (at least 1), and by that of the normal to Student's
    quantile (Korn & Graubard, Surv Methodol 1998;24:193-201). Where nothing or everything succeeds the variance is
    unknown, and each subject counts as one case. None below two subjects with a case.
    """
    hits, cases = np.asarray(successes, float), np.asarray(numbers, float)
    hits, cases = hits[cases > 0], cases[cases > 0]
    people, n = len(cases), float(cases.sum())
    if people < 2:
        return None
    share = float(hits.sum()) / n
    worth = float(people)
    if 0 < share < 1:
        variance = float(((hits - share * cases) ** 2).sum()) * people / (people - 1) / n**2
        worth = min(n, share * (1 - share) / variance) if variance > 0 else n
    outside = (1 - level) / 2
    return _ends(share, max(1.0, worth * float(ndtri(outside) / stdtrit(people - 1, outside)) ** 2), level)


def _ends(share: float, n: float, level: float) -> tuple[float, float]:
    z = float(ndtri((1 + level) / 2))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # the ends are exact where nothing or everything succeeds, but for rounding
    low, high = 0.0 if share == 0 else middle - reach, 1.0 if share == 1 else middle + reach
    return max(low, 0.0), min(high, 1.0)
