"""How far a student's answers are from its teacher's."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

TINY = 1e-12


def class_divergence(logits: Tensor, taught: Tensor, temperature: float, boundary: float = 0.0) -> Tensor:
    """T² times the Kullback-Leibler divergence of the student from the teacher, each class counting alike.

    The mean is over the places whose likeliest class by the teacher is c, then over the classes that occur: otherwise
    the background, where both agree, would drown small structures. (Hinton et al., "Distilling the knowledge in a
    neural network", 2015, with their factor T².)

    Parameters
    ----------
    logits : (batch, classes, *space) of the student; without space for images as a whole
    taught : the same shape, the teacher's probabilities at this temperature
    boundary : what places beside a border between the teacher's classes weigh more, within their class
    """
    log_student = F.log_softmax(logits.float() / temperature, dim=1)
    each = (taught * (taught.clamp_min(TINY).log() - log_student)).sum(1)
    likeliest = taught.argmax(1)
    weights = torch.ones_like(each)
    if boundary and each.ndim > 1:
        weights = weights + boundary * borders(likeliest)
    places = F.one_hot(likeliest, logits.shape[1]).flatten(0, -2).to(each)
    shares = places.T @ torch.stack([(each * weights).flatten(), weights.flatten()], dim=1)
    present = shares[:, 1] > 0
    means = shares[:, 0] / shares[:, 1].clamp_min(TINY)
    return temperature**2 * (means * present).sum() / present.sum()


def borders(classes: Tensor) -> Tensor:
    """(batch, *space) float32: 1 where a neighbour, diagonals included, is of another class; ``classes`` are int64."""
    values = classes[:, None].float()
    pool = F.max_pool2d if classes.ndim == 3 else F.max_pool3d
    return (pool(values, 3, 1, 1) != -pool(-values, 3, 1, 1))[:, 0].float()


def binary_divergence(logits: Tensor, taught: Tensor, temperature: float) -> Tensor:
    """T² times the divergence of independent yes-or-no answers, at the same shapes, place by place."""
    logits = logits.float() / temperature
    yes = taught * (taught.clamp_min(TINY).log() - F.logsigmoid(logits))
    no = (1 - taught) * ((1 - taught).clamp_min(TINY).log() - F.logsigmoid(-logits))
    return temperature**2 * (yes + no)


def heat_divergence(logits: Tensor, taught: Tensor, temperature: float) -> Tensor:
    """`binary_divergence` of centre heat maps (batch, classes, *cells): half of it where the teacher sees centres,
    half where it sees none, since centres are few.
    """
    each = binary_divergence(logits, taught, temperature)
    parts = [(each * w).sum() / w.sum().clamp_min(TINY) for w in (taught, 1 - taught)]
    return (parts[0] + parts[1]) / 2


def box_difference(guessed: Tensor, taught: Tensor, heat: Tensor) -> Tensor:
    """Mean absolute difference of sizes and offsets (batch, numbers, *cells), weighted by the teacher's heat of the
    likeliest class, (batch, classes, *cells).
    """
    here = heat.amax(1, keepdim=True)
    difference = (guessed.float() - taught).abs().mean(1, keepdim=True)
    return (difference * here).sum() / here.sum().clamp_min(TINY)


def attention(features: Tensor) -> Tensor:
    """(batch, *space): where feature maps (batch, maps, *space) are strong, of length 1."""
    strength = features.float().square().mean(1)
    return strength / strength.flatten(1).norm(dim=1).clamp_min(TINY).reshape(-1, *[1] * (strength.ndim - 1))


def attention_difference(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean over the batch of the squared distance between both attentions, on the coarser of the two grids.

    (Zagoruyko & Komodakis, "Paying more attention to attention", 2017.) Widths may differ, so nothing has to be learned
    to compare them.
    """
    size = tuple(min(a, b) for a, b in zip(student.shape[2:], teacher.shape[2:], strict=True))
    pool: Any = F.adaptive_avg_pool2d if len(size) == 2 else F.adaptive_avg_pool3d
    first, second = (attention(one if tuple(one.shape[2:]) == size else pool(one, size)) for one in (student, teacher))
    return (first - second).square().flatten(1).sum(1).mean()
