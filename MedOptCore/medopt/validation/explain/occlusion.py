"""Occlusion: how much the score falls when a block of the image is hidden (Zeiler & Fergus, ECCV 2014).

The perturbation method of this room. RISE (Petsiuk et al., BMVC 2018) hides random halves of the image and needs
thousands of passes before its map is no longer noise, in volumes more; blocks need some hundred, say the same in
every run, and can be checked by hand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray

from medopt.inference.sliding import Triple, shared_slices
from medopt.validation.explain.maps import Network
from medopt.validation.explain.targets import Target
from medopt.validation.explain.windows import Windows

STEPS = {2: 14, 3: 8}
"""Steps along the longest side: about 200 and at most 730 hidden blocks."""
TOGETHER = 16
"""Hidden windows that go through the network at once."""


def occlusion_map(
    network: Network,
    windows: Windows,
    target: Target,
    spacing: Sequence[float],
    *,
    blocks: int | None = None,
) -> NDArray[np.float32]:
    """(k, j, i) float32 on the prepared grid, 0 and above: the mean fall of the score over the blocks on each voxel.

    Blocks are two steps wide in mm along each axis and lie a step apart, so that two of them cover each voxel along
    each axis; they are filled with the mean of each channel. Where hiding raises the score stands 0. The score is
    that of ``activation_map``.
    """
    number = STEPS[2 if windows.shape[0] == 1 else 3] if blocks is None else blocks
    steps = block_steps(windows.shape, spacing, number)
    parts = {c: None if target.cells is None else windows.share(c, target.cells) for c in windows.corners}
    before = {
        corner: _score(network, windows.cut(corner), target, part)[0]
        for corner, part in parts.items()
        if part is None or part.any()
    }
    fall, covered = np.zeros(windows.shape, np.float64), np.zeros(windows.shape, np.float64)
    scale = 1 / len(windows.corners) if target.cells is None else 1.0
    places = block_places(windows.shape, steps)
    changes = _changes(network, windows, target, parts, before, places, _size(steps))
    for place, change in zip(places, changes.tolist(), strict=True):
        inside, _ = shared_slices(place, _size(steps), windows.shape)
        fall[inside] += change * scale
        covered[inside] += 1
    return np.maximum(fall / covered, 0).astype(np.float32)


def block_steps(shape: Sequence[int], spacing: Sequence[float], number: int) -> Triple:
    """Voxels (k, j, i) between blocks: the longest side in mm divided by ``number``, the same in mm along each axis."""
    longest = max(n * s for n, s in zip(shape, spacing, strict=True))
    k, j, i = (max(1, min(n, round(longest / number / s))) for n, s in zip(shape, spacing, strict=True))
    return k, j, i


def block_places(shape: Sequence[int], steps: Triple) -> list[Triple]:
    """First voxels (k, j, i) of the blocks; the first lie a step before the image. An axis of one voxel has one."""
    starts = [
        [0] if n == 1 else [s * m for m in range(-1, math.ceil(n / s))] for n, s in zip(shape, steps, strict=True)
    ]
    return [(k, j, i) for k, j, i in product(*starts)]


def _size(steps: Triple) -> Triple:
    k, j, i = (2 * s for s in steps)
    return k, j, i


def _changes(
    network: Network,
    windows: Windows,
    target: Target,
    parts: dict[Triple, NDArray[np.float32] | None],
    before: dict[Triple, float],
    places: Sequence[Triple],
    size: Triple,
) -> NDArray[np.float64]:
    """(places,) by how much hiding each block lowers the score, summed over the windows that it touches."""
    fill = windows.volume.reshape(len(windows.volume), -1).mean(1)
    changes = np.zeros(len(places))
    for corner, score in before.items():
        touched = [n for n, place in enumerate(places) if _overlap(windows, corner, place, size) is not None]
        for first in range(0, len(touched), TOGETHER):
            numbers = touched[first : first + TOGETHER]
            hidden = np.repeat(windows.cut(corner), len(numbers), axis=0)
            for row, number in enumerate(numbers):
                k, j, i = _overlap(windows, corner, places[number], size) or (slice(0),) * 3
                hidden[row, :, k, j, i] = fill[:, None, None, None]
            changes[numbers] += score - _score(network, hidden, target, parts[corner])
    return changes


def _overlap(windows: Windows, corner: Triple, place: Triple, size: Triple) -> tuple[slice, slice, slice] | None:
    """The part of the window that the block hides, as far as both lie in the image; None when they don't meet."""
    spans: list[slice] = []
    for first, start, side, width, n in zip(corner, place, size, windows.size, windows.shape, strict=True):
        low, high = max(start, first, 0) - first, min(start + side, first + width, n) - first
        if low >= high:
            return None
        spans.append(slice(low, high))
    k, j, i = spans
    return k, j, i


@torch.no_grad()
def _score(
    network: Network, windows: NDArray[np.float32], target: Target, part: NDArray[np.float32] | None
) -> NDArray[np.float64]:
    return network.scores(network.tensor(windows), target.channel, part).double().cpu().numpy()
