"""How far each level of a network reduces the one before, from the grid that it works on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medopt.networks.settings import Triple

MOST_STAGES = 6
"""Stages of a network, at most."""
SMALLEST_SIDE = 4
"""A stage is added while the feature maps keep at least so many voxels along some axis."""


def propose_strides(shape: Sequence[int], spacing: Sequence[float]) -> tuple[Triple, ...]:
    """Strides (k, j, i) of each stage for images of ``shape`` voxels of ``spacing`` mm, after Isensee et al. 2021.

    An axis is halved when its voxels are finer than twice the finest axis and at least 2 × SMALLEST_SIDE voxels of it
    are left; stages end when no axis can be halved.
    """
    sides = np.asarray(shape, float)
    sizes = np.where(sides > 1, np.asarray(spacing, float), np.inf)  # a single slice has no neighbour to be fine beside
    strides = [(1, 1, 1)]
    while len(strides) < MOST_STAGES:
        halved = np.isfinite(sizes) & (sizes < 2 * sizes.min()) & (sides >= 2 * SMALLEST_SIDE)
        if not halved.any():
            break
        step = tuple(2 if h else 1 for h in halved)
        sides, sizes = sides / step, sizes * step
        strides.append((step[0], step[1], step[2]))
    return tuple(strides)
