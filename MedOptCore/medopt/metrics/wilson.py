"""Where a rate may lie."""

from __future__ import annotations

import math

from scipy.special import ndtri


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
    z = float(ndtri((1 + level) / 2))
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # the ends are exact where nothing or everything succeeds, but for rounding
    low, high = 0.0 if successes == 0 else middle - reach, 1.0 if successes == n else middle + reach
    return max(low, 0.0), min(high, 1.0)
