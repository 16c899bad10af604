"""Classes that nobody judged are one with the background."""

from __future__ import annotations

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
    judged : (batch, classes) bool

    Returns the logits and the target, in which voxels of unjudged classes, if there are any, are background.
    """
    logits = logits.float()
    hidden = torch.cat([torch.zeros_like(judged[:, :1]), ~judged], dim=1)
    across = hidden.reshape(*hidden.shape, *[1] * (logits.ndim - 2))
    one = torch.cat([torch.ones_like(across[:, :1]), across[:, 1:]], dim=1)
    background = torch.logsumexp(logits.masked_fill(~one, NEVER), dim=1, keepdim=True)
    merged = torch.cat([background, logits[:, 1:].masked_fill(across[:, 1:], NEVER)], dim=1)
    flat = target.flatten(1)
    known = flat.masked_fill(flat == IGNORED, 0)
    return merged, flat.masked_fill(hidden.gather(1, known), 0).reshape(target.shape)
