"""P-values of several tests, so that all of them together keep the level of one."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p-values of Holm's step-down method (Scand J Stat 1979;6:65-70), in the order given.

    The chance that any of them falls below 0.05 when nothing differs is at most 5 %, however they depend on each
    other. None stays None and does not count as a test.
    """
    known = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for done, (p, place) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - done) * p))
        adjusted[place] = largest
    return adjusted
