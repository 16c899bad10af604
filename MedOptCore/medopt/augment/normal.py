"""Normal random numbers that are the same for torch and numpy, and cheaper than either library's own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medopt.augment.arrays import Array, empty_like
from medopt.augment.technique import Planes

LEVELS = 1 << 16
"""Different values a number can take, all equally likely: two bytes of randomness each."""

AT_ONCE = 1 << 15
"""Numbers looked up at a time, so that table and buffers stay in the second-level cache."""


def normal_like(images: Array, seeds: Sequence[int], planes: Planes | None = None) -> Array:
    """Standard normal numbers in the shape, kind, dtype and device of ``images`` (n, channel, k, j, i) float32.

    Each image is drawn from its own seed; ``planes`` of a patch get the numbers that they have in the whole. Arrays
    and tensors on a CPU get the same numbers to the bit: independent draws from the 65,536 quantiles of the normal
    distribution, which differ from it by less than 1/100,000 in any probability and end at 4.3 standard deviations.
    On other devices torch's own generator draws there.
    """
    result = empty_like(images)
    for one, seed in zip(result, seeds, strict=True):
        if isinstance(one, np.ndarray):
            _fill(one, seed, planes)
        elif one.device.type == "cpu":
            _fill(one.numpy(), seed, planes)
        else:
            one.normal_(generator=_generator(one.device, seed))
    return result


def _fill(out: NDArray[np.float32], seed: int, planes: Planes | None) -> None:
    """Fill (channel, k, j, i), channel by channel, each from its place in the stream of the whole patch."""
    plane = out.shape[2] * out.shape[3]
    first, depth = (0, out.shape[1]) if planes is None else (planes.first, planes.depth)
    for channel, values in enumerate(out):
        start = (channel * depth + first) * plane
        source = np.random.PCG64(seed)
        source.advance(start // 4)  # four numbers from each 64 bits
        skip = start % 4
        raw = source.random_raw((skip + values.size + 3) // 4).view(np.uint16)[skip : skip + values.size]
        flat = values.reshape(-1)
        for a in range(0, flat.size, AT_ONCE):
            np.take(_quantiles(), raw[a : a + AT_ONCE], out=flat[a : a + AT_ONCE], mode="wrap")


@cache
def _quantiles() -> NDArray[np.float32]:
    """The middles of equally likely parts of the normal distribution, scaled to standard deviation 1."""
    inverse = NormalDist().inv_cdf
    upper = np.array([inverse((n + 0.5) / LEVELS) for n in range(LEVELS // 2, LEVELS)])
    both = np.concatenate([-upper[::-1], upper])
    table = (both / both.std()).astype(np.float32)
    table.setflags(write=False)
    return table


def _generator(device: Any, seed: int) -> Any:
    import torch

    return torch.Generator(device).manual_seed(seed)
