"""The colours of maps of heat: even steps of lightness, told apart with any colour vision, and distinct from grey."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

ANCHORS = (
    (0.001, 0.000, 0.014),
    (0.042, 0.028, 0.141),
    (0.129, 0.047, 0.291),
    (0.238, 0.037, 0.396),
    (0.342, 0.062, 0.429),
    (0.441, 0.099, 0.432),
    (0.541, 0.135, 0.415),
    (0.640, 0.171, 0.381),
    (0.736, 0.216, 0.330),
    (0.822, 0.275, 0.266),
    (0.894, 0.353, 0.194),
    (0.947, 0.449, 0.115),
    (0.978, 0.558, 0.035),
    (0.988, 0.675, 0.065),
    (0.975, 0.798, 0.206),
    (0.948, 0.917, 0.411),
    (0.988, 0.998, 0.645),
)
"""Red, green and blue of the table "inferno" at seventeen even steps (S. van der Walt & N. Smith 2015, CC0)."""

CLEAR_BELOW = 0.1
"""Shares of the largest value that are not coloured at all."""
OPAQUE_FROM = 0.5
"""Share from which a colour is as opaque as any."""


def heat_colors(shares: ArrayLike) -> NDArray[np.float64]:
    """(…, 3) red, green and blue, each 0 to 1, of shares from 0 to 1."""
    given = np.clip(np.asarray(shares, float), 0, 1)
    places = np.linspace(0, 1, len(ANCHORS))
    return np.stack([np.interp(given, places, [a[n] for a in ANCHORS]) for n in range(3)], axis=-1)


def heat_opacity(shares: ArrayLike) -> NDArray[np.float64]:
    """(…) opacity of shares from 0 to 1: 0 up to ``CLEAR_BELOW``, then rising to 1 at ``OPAQUE_FROM``."""
    given = np.clip(np.asarray(shares, float), 0, 1)
    return np.clip((given - CLEAR_BELOW) / (OPAQUE_FROM - CLEAR_BELOW), 0, 1)
