"""Classes that nobody judged are one with the background."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from medopt.tasks.losses.regions import IGNORED

NEVER = -1e30
"""Logit of a class of probability 0; finite, so that no gradient becomes NaN."""


def merge_unjudged(logits: Tensor, target: Tensor, judged: Tensor) -> tuple[Tensor, Tensor]:
    """Logits whose softmax has the probabilities of unjudged classes added to the background's, float32.

    The marginal loss of Shi et al., "Marginal loss and exclusion loss for partially supervised multi-organ
    segmentation", Med Image Anal 2021, and of Fang & Yan, IEEE Trans Med Imaging 2020: a voxel of the background may
    well be of a class that nobody looked for, so neither is held against the network.

    Parameters
    ----------
    logits : (batch, classes + 1, *space), background first
    target : (batch, *space) int64; 255 is not annotated
    judged : (batch, classes) bool, best on the CPU, where it is read

    Returns the logits and the target, in which voxels of unjudged classes, if there are any, are background. The
    logits can be differentiated once.
    """
    together = [
        (sample, [0, *(c + 1 for c, known in enumerate(row) if not known)])
        for sample, row in enumerate(judged.tolist())
        if not all(row)
    ]
    target = target.clone()
    for sample, classes in together:
        meaning = torch.arange(IGNORED + 1, device=target.device)
        meaning[classes] = 0
        target[sample] = meaning[target[sample]]
    merged: Tensor = _Merged.apply(logits.float(), together)
    return merged, target


class _Merged(torch.autograd.Function):
    """With S the background and the unjudged classes of a sample: z'_0 = log Σ_S exp z_c, and for c in S
    dz_c = dz'_0 exp(z_c - z'_0). Only S of samples that have unjudged classes is touched."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, together: Sequence[tuple[int, list[int]]]) -> Tensor:
        merged = logits.clone()
        shares = []
        for sample, classes in together:
            part = logits[sample, classes]
            background = torch.logsumexp(part, dim=0)
            shares.append(part.sub_(background).exp_())
            merged[sample, classes] = NEVER
            merged[sample, 0] = background
        ctx.together = together
        ctx.save_for_backward(*shares)
        return merged

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        grad = grads[0].clone()
        for (sample, classes), share in zip(ctx.together, ctx.saved_tensors, strict=True):
            grad[sample, classes] = share * grad[sample, 0]
        return grad, None
