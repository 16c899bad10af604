"""Weights made to fit: other numbers of dimensions and input channels, and rows of a head by the names of classes.

Kernels are (outputs, inputs, *sides) as torch has them, those of transposed convolutions (inputs, outputs, *sides);
sides are (k, j, i) in 3D and (j, i) in 2D.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor


def inflate(kernel: Tensor, depth: int, how: Literal["centre", "repeat"] = "centre") -> Tensor:
    """A 2D kernel (outputs, inputs, j, i) as a 3D one (outputs, inputs, depth, j, i).

    On a volume that is constant along k either way gives the 2D response; within ``depth // 2`` of the first and last
    slice "repeat" gives less, as it reaches into the padding there. "centre" (Girdhar et al. 2018; for transformers
    Arnab et al. 2021) gives on any volume what the 2D network gives slice by slice, which for slices that differ, as
    those of a patient do, is the better start; "repeat" (I3D, Carreira & Zisserman 2017) was made for neighbouring
    frames of a film, which hardly do. An even depth has no middle: there the two planes in the middle share.
    """
    if how == "repeat":
        return kernel.unsqueeze(2).repeat_interleave(depth, dim=2) / depth
    result = kernel.new_zeros((*kernel.shape[:2], depth, *kernel.shape[2:]))
    middle = (depth - 1) // 2
    planes = slice(middle, middle + 2 - depth % 2)
    result[:, :, planes] = kernel.unsqueeze(2) / (2 - depth % 2)
    return result


def deflate(kernel: Tensor) -> Tensor:
    """A 3D kernel as a 2D one: summed along k, so that a slice gives what a volume of equal slices gave."""
    return kernel.sum(dim=2)


def inflate_transposed(kernel: Tensor, depth: int, stride: int) -> Tensor:
    """A transposed 2D kernel (inputs, outputs, j, i) in 3D: what is constant along k stays so and keeps its size.

    Each place along k is met by every ``stride``-th plane of the kernel, and those that meet there share its weight.
    """
    phase = torch.arange(depth) % stride
    weight = 1 / torch.stack([(phase == p).sum() for p in phase]).to(kernel)
    return kernel.unsqueeze(2) * weight[:, None, None]


def deflate_transposed(kernel: Tensor, stride: int) -> Tensor:
    """A transposed 3D kernel as a 2D one: the mean over the ``stride`` places along k that it makes of one."""
    return kernel.sum(dim=2) / stride


def mix_inputs(kernel: Tensor, columns: Sequence[int | None]) -> Tensor:
    """A kernel (outputs, inputs, *sides) for other input channels.

    Parameters
    ----------
    columns : for each channel wanted the source's input that it equals, or None for the mean of all inputs

    Scaled by inputs / channels wanted, so that a response keeps its size: an image whose channels are all the same
    gives what it gave, when no column is named. From colour to grey this is the sum over red, green and blue.
    """
    mean = kernel.mean(dim=1)
    wanted = torch.stack([mean if column is None else kernel[:, column] for column in columns], dim=1)
    return wanted * (kernel.shape[1] / len(columns))


def match_rows(fresh: Tensor, source: Tensor, rows: Sequence[int | None]) -> Tensor:
    """``fresh`` (rows, …) with the rows of ``source`` where one is named; both alike but for the number of rows."""
    result = fresh.clone()
    for row, other in enumerate(rows):
        if other is not None:
            result[row] = source[other].to(fresh)
    return result
