"""Foreground first: a pass at low resolution finds where the structures lie, and windows go over that box alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from medopt.inference.sliding import Triple, sliding_slabs
from medopt.tasks import Task

SURE_ENOUGH = 0.2
"""Probability of foreground from which a voxel of the coarse pass counts; low, as what is missed there is lost."""
MARGIN = 0.25
"""Share of a patch by which the box is larger on each side."""

Box = tuple[slice, slice, slice]


def foreground_box(
    volume: NDArray[np.float32],
    runtime: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    task: Task,
    *,
    patch: Triple,
    divisor: Triple,
    factor: int,
) -> Box | None:
    """Slices (k, j, i) of ``volume`` (channel, k, j, i) around all that a pass at 1/``factor`` of the resolution takes
    for foreground, with a margin; None when it takes nothing for it.

    Only axes along which windows would be cut are made coarser. The network sees structures ``factor`` times smaller
    than it learned them, so whether it finds them must be checked once for a model; see ``medopt windows``.
    """
    k, j, i = volume.shape[1:]
    step = tuple(factor if n > p > 1 else 1 for n, p in zip((k, j, i), patch, strict=True))
    coarse = block_means(volume, (step[0], step[1], step[2]))
    found: list[NDArray[np.intp]] = []
    for first, scores in sliding_slabs(
        coarse,
        runtime,
        outputs=task.outputs,
        patch=patch,
        divisor=divisor,
        overlap=0.0,
        activation=task.activate,
    ):
        places = np.argwhere(1 - scores[0] >= SURE_ENOUGH)
        if len(places):
            places[:, 0] += first
            found += [places.min(axis=0), places.max(axis=0) + 1]
    if not found:
        return None
    low, high = np.min(found, axis=0) * step, np.max(found, axis=0) * step
    sides = []
    for a, b, p, n in zip(low.tolist(), high.tolist(), patch, (k, j, i), strict=True):
        margin = max(round(MARGIN * p), (p - (b - a) + 1) // 2)  # at least a patch, so that the network sees around
        sides.append(slice(max(a - margin, 0), min(b + margin, n)))
    return sides[0], sides[1], sides[2]


def block_means(volume: NDArray, step: Triple) -> NDArray[np.float32]:
    """The mean of each block of ``step`` voxels of ``volume`` (channel, k, j, i); what does not fill a block at the end
    is left out. No side may be shorter than a block."""
    k, j, i = (n // s for n, s in zip(volume.shape[1:], step, strict=True))
    result = np.zeros((volume.shape[0], k, j, i), np.float32)
    for a in range(step[0]):
        for b in range(step[1]):
            for c in range(step[2]):
                result += volume[:, a : k * step[0] : step[0], b : j * step[1] : step[1], c : i * step[2] : step[2]]
    result /= np.float32(np.prod(step))
    return result
