"""Tables of new values over a range of old ones."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator

from medopt.preprocess.distribution import distribution
from medopt.preprocess.source import Rule, Source


def _rising(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] >= value[1]:
        raise ValueError("the lowest value of the range must lie below the highest")
    return value


Range = Annotated[tuple[float, float], AfterValidator(_rising)]
"""Lowest and highest value, in the unit of the image."""


def range_of(stated: tuple[float, float] | None, source: Source, channel: int) -> tuple[float, float]:
    """The stated range, or the smallest and largest value of the channel."""
    if stated is not None:
        return stated
    low, high = distribution(source, channel).percentiles((0, 100))
    return low, high


def look_up(table: NDArray[np.float64], low: float, high: float) -> Rule:
    """The rule that takes values from ``low`` to ``high`` through a table of evenly spaced new values, linear in
    between; values outside stay.
    """
    bins = len(table) - 1
    start, step = table[:-1].astype(np.float32), np.diff(table).astype(np.float32)
    scale = np.float32(bins / (high - low))

    def rule(values: NDArray[np.float32], _first: int) -> NDArray[np.float32]:
        place = (values - np.float32(low)) * scale
        inside = (place >= 0) & (place <= bins)
        np.clip(place, 0, bins, out=place)
        index = np.minimum(place.astype(np.int32), bins - 1)
        place -= index
        place *= step.take(index)
        place += start.take(index)
        return np.where(inside, place, values)

    return rule
