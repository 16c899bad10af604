"""What overlap losses and cross-entropies need of a segmentation's logits, in one pass forth and one back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

IGNORED = 255
"""Target of what nobody annotated."""
SHORTEST_ROW = 32
"""Numbers that are added up one by one, at least; of more than a line of an image float32 loses digits."""


@dataclass(frozen=True, eq=False)
class Regions:
    """Soft counts of a batch of logits against its target, differentiable.

    Parameters
    ----------
    log_right : (batch, voxels) float32 log-probability of the target's class; 0 where nobody annotated
    target : (batch, voxels) int64 class index; 0 where nobody annotated
    seen : (batch, voxels) float32, 1 where somebody annotated and 0 elsewhere
    predicted : (batch, outputs) float32 sum of each class's probability over annotated voxels
    shared : (batch, outputs) float32 the same over the voxels of the class alone
    actual : (batch, outputs) float32 number of voxels of each class
    """

    log_right: Tensor
    target: Tensor
    seen: Tensor
    predicted: Tensor
    shared: Tensor
    actual: Tensor


def measure_regions(logits: Tensor, target: Tensor) -> Regions:
    """Softmax over axis 1 of ``logits`` (batch, outputs, *space) against ``target`` (batch, *space) int64.

    Target 255 is not annotated. Half precision is computed in float32. The backward pass is written out, because on
    CPUs this is bound by memory: it holds one array of the logits' size and makes one, the gradient. It can be
    differentiated once, and only once.
    """
    flat = logits.float().flatten(2)
    row = _row(target.shape[1:])
    classes = target.flatten(1)
    ignored = classes == IGNORED
    classes = classes.masked_fill(ignored, 0)
    seen = torch.ones_like(classes, dtype=torch.float32).masked_fill_(ignored, 0.0)
    log_right, predicted, shared = _Regions.apply(flat, classes, seen, row)
    actual = _sum_by_class(seen, classes, flat.shape[1], row)
    return Regions(log_right, classes, seen, predicted, shared, actual)


class _Regions(torch.autograd.Function):
    """With p = softmax(z), zero where nobody annotated, and t the target:

    l(n) = log p_t(n), P_c = Σ_n p_c(n), S_c = Σ_{t(n)=c} p_c(n)
    dz_c = p_c (dP_c - r) + [c = t] (dl + dS_t p_t),  r = Σ_c p_c dP_c + dS_t p_t + dl
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, target: Tensor, seen: Tensor, row: int) -> tuple[Tensor, Tensor, Tensor]:
        probabilities = F.log_softmax(logits, dim=1)
        log_right = probabilities.gather(1, target[:, None])[:, 0].mul_(seen)
        probabilities.exp_().mul_(seen[:, None])
        predicted = probabilities.sum(2)
        right = log_right.exp().mul_(seen)
        shared = _sum_by_class(right, target, logits.shape[1], row)
        ctx.save_for_backward(probabilities, right, target, seen)
        return log_right, predicted, shared

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        probabilities, right, target, seen = ctx.saved_tensors
        of_log, of_predicted, of_shared = grads
        at_target = torch.addcmul(of_log * seen, of_shared.gather(1, target), right)
        pull = at_target.clone()
        for c in range(probabilities.shape[1]):
            pull.addcmul_(probabilities[:, c], of_predicted[:, c, None])
        # the gradient takes the place of what it is made of: a fresh array costs more than all the arithmetic
        for c in range(probabilities.shape[1]):
            probabilities[:, c].mul_(of_predicted[:, c, None] - pull)
        return probabilities.scatter_add_(1, target[:, None], at_target[:, None]), None, None, None


def _row(space: Sequence[int]) -> int:
    """Voxels of the last axis, or of the last axes when it is short."""
    row = 1
    for n in reversed(space):
        row *= n
        if row >= SHORTEST_ROW:
            break
    return row


def _sum_by_class(values: Tensor, classes: Tensor, outputs: int, row: int) -> Tensor:
    """(batch, outputs) sums of ``values`` (batch, voxels) where ``classes`` is each class.

    Rows are summed on their own first: a million numbers added to one float32 one by one come out off by a percent.
    """
    batch = values.shape[0]
    rows = values.new_zeros(values.numel() // row, outputs)
    rows.scatter_add_(1, classes.reshape(-1, row), values.reshape(-1, row))
    return rows.reshape(batch, -1, outputs).sum(1)
