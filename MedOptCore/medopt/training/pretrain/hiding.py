"""Which blocks of a patch are hidden, and how far off the guess of them is.

Source: He et al., Masked Autoencoders Are Scalable Vision Learners, CVPR 2022; for 3D U-Nets Wald et al., Revisiting
MAE Pre-training for 3D Medical Image Segmentation, CVPR 2025.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

FEWEST_BLOCKS = 4
"""Blocks along a side of the patch that are wanted at least, so that something is left to guess from."""


def block_shape(patch: Sequence[int], divisor: Sequence[int]) -> tuple[int, int, int]:
    """Voxels (k, j, i) of a block: the divisor of the network, at most a quarter of a side and at least 1."""
    k, j, i = (max(1, min(factor, side // FEWEST_BLOCKS)) for side, factor in zip(patch, divisor, strict=True))
    return k, j, i


def draw_hidden(numbers: Sequence[int], patch: Sequence[int], block: Sequence[int], share: float) -> NDArray[np.bool_]:
    """(k, j, i) True where a patch is hidden: the wanted share of its blocks, at least one and never all.

    ``numbers`` seed the draw; the same ones give the same blocks. Blocks at the end of a side may be cut.
    """
    grid = [math.ceil(side / step) for side, step in zip(patch, block, strict=True)]
    total = math.prod(grid)
    count = min(max(1, round(share * total)), max(1, total - 1))
    chosen = np.zeros(total, bool)
    chosen[np.random.default_rng(tuple(numbers)).permutation(total)[:count]] = True
    hidden = chosen.reshape(grid)
    for axis, step in enumerate(block):
        hidden = hidden.repeat(step, axis=axis)
    k, j, i = patch
    return hidden[:k, :j, :i]


def hide(images: Tensor, hidden: Tensor) -> Tensor:
    """Images (batch, channel, *space) whose hidden voxels, (batch, 1, *space) bool, have the mean of the others.

    The mean is that of the patch and channel, so that it tells nothing of what is hidden.
    """
    seen = (~hidden).to(images.dtype)
    axes = tuple(range(2, images.ndim))
    mean = (images * seen).sum(axes, keepdim=True) / seen.sum(axes, keepdim=True).clamp_min(1)
    return torch.where(hidden, mean, images)


def hidden_error(guess: Tensor, images: Tensor, hidden: Tensor) -> Tensor:
    """Mean squared error of hidden voxels, in units of the variance of their patch and channel: a scalar.

    ``guess`` is of the images less their mean, over their standard deviation; 1 is what guessing the mean gives. A
    patch without any contrast counts as 0. All are (batch, channel, *space), ``hidden`` (batch, 1, *space) bool.
    """
    axes = tuple(range(2, images.ndim))
    images = images.float()
    mean = images.mean(axes, keepdim=True)
    deviation = (images - mean).square().mean(axes, keepdim=True).sqrt()
    wanted = (images - mean) / deviation.clamp_min(1e-6)
    weight = hidden.to(wanted.dtype).expand_as(wanted)
    return ((guess.float() - wanted).square() * weight).sum() / weight.sum().clamp_min(1)
