"""Which values a prepared image shows black and white."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

RANGES = {
    "0..1": (0.0, 1.0),
    "-1..1": (-1.0, 1.0),
    "8bit": (0.0, 255.0),
    "zscore": (-2.5, 2.5),
    "percentile": (0.0, 1.0),
}
"""Values shown black and white, by the scale that a step brings an image to: a change of the step is then seen."""


def displayRange(steps: Sequence[Any]) -> tuple[float, float] | None:
    """Values shown black and white after the steps; None where they keep the unit of the image."""
    for step in reversed(steps):
        if getattr(step, "keeps_scale", True):
            continue
        scale = getattr(step, "output", None) or getattr(step, "method", None)
        if scale in RANGES:
            return RANGES[scale]
    return None
