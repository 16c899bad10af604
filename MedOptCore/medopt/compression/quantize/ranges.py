"""The range of an activation that 256 steps are spread over: all of it, most of it, or what loses least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Method = Literal["min-max", "percentile", "mse"]
METHODS: tuple[Method, ...] = get_args(Method)
BINS = 4096
PERCENTILE = 99.999
"""Per cent of the values that the method ``percentile`` keeps, half of the rest cut off on either side."""
SHARES = np.linspace(0.2, 1.0, 41)
"""Of the whole range, among which the method ``mse`` looks for the best."""
STEPS = 255


@dataclass
class Histogram:
    """Counts of a tensor's values in ``BINS`` bins between ``low`` and ``high``."""

    low: float
    high: float
    counts: NDArray[np.int64]

    @classmethod
    def between(cls, low: float, high: float) -> Histogram:
        """An empty one."""
        return cls(low, high, np.zeros(BINS, np.int64))

    def add(self, values: NDArray[np.float32]) -> None:
        """Count ``values``, all of them within the range."""
        if self.high > self.low:
            self.counts += np.histogram(values, BINS, (self.low, self.high))[0]

    @property
    def middles(self) -> NDArray[np.float64]:
        """The value of each bin's middle."""
        edges = np.linspace(self.low, self.high, BINS + 1)
        return (edges[1:] + edges[:-1]) / 2


def value_range(histogram: Histogram, method: Method, *, symmetric: bool) -> tuple[float, float]:
    """Lowest and highest value that 8 bit are to cover: 0 is always among them, in the middle when ``symmetric``."""
    low, high = min(histogram.low, 0.0), max(histogram.high, 0.0)
    if method == "percentile" and histogram.counts.any():
        share = np.cumsum(histogram.counts) / histogram.counts.sum()
        tail = (1 - PERCENTILE / 100) / 2
        edges = np.linspace(histogram.low, histogram.high, BINS + 1)
        first, last = int(np.searchsorted(share, tail, side="right")), int(np.searchsorted(share, 1 - tail))
        low, high = min(float(edges[first]), 0.0), max(float(edges[min(last, BINS - 1) + 1]), 0.0)
    if symmetric:
        high = max(-low, high)
        low = -high
    if method == "mse" and histogram.counts.any():
        errors = [_error(histogram, low * share, high * share) for share in SHARES]
        best = float(SHARES[int(np.argmin(errors))])
        low, high = low * best, high * best
    return low, high


def _error(histogram: Histogram, low: float, high: float) -> float:
    """Sum of squared errors of the values when ``STEPS`` steps are spread over ``low`` to ``high``."""
    step = (high - low) / STEPS
    if step == 0:
        return float("inf")
    values = histogram.middles
    zero = round(-low / step)
    rounded = (np.clip(np.round(values / step) + zero, 0, STEPS) - zero) * step
    return float((histogram.counts * (values - rounded) ** 2).sum())
