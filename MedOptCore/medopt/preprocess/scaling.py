"""Linear scales: values between two ends to a range, in place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medopt.preprocess.source import Rule

FLAT = 1e-6
"""A spread below this share of the values themselves is rounding, no contrast."""


def rescale(offset: float, scale: float, *, hold: tuple[float, float] | None = None) -> Rule:
    """The rule ``(value - offset) / scale``, values first held between the two of ``hold``; 0 everywhere when the scale
    is nothing beside the values.
    """
    if scale <= FLAT * max(abs(offset), 1e-30):
        return lambda values, _start: np.zeros_like(values)

    def rule(values: NDArray[np.float32], _start: int) -> NDArray[np.float32]:
        if hold is not None:
            np.clip(values, np.float32(hold[0]), np.float32(hold[1]), out=values)
        values -= np.float32(offset)
        values /= np.float32(scale)
        return values

    return rule


def then(first: Rule, second: Rule) -> Rule:
    """One rule after the other."""
    return lambda values, start: second(first(values, start), start)
