"""How far a student's answers are from its teacher's."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor

TINY = 1e-12


def class_divergence(logits: Tensor, taught: Tensor, temperature: float) -> Tensor:
    """T² times the Kullback-Leibler divergence of the student from the teacher, each class counting alike.

    The mean is over the images whose likeliest class by the teacher is c, then over the classes that occur. (Hinton et
    al., "Distilling the knowledge in a neural network", 2015, with their factor T².)

    Parameters
    ----------
    logits : (batch, classes) of the student
    taught : the same shape, the teacher's probabilities at this temperature
    """
    each = _divergence(logits, taught, temperature)
    places = F.one_hot(taught.argmax(1), logits.shape[1]).to(each)
    count = places.sum(0)
    means = (each @ places) / count.clamp_min(1)
    return temperature**2 * means.sum() / (count > 0).sum()


def voxel_divergence(logits: Tensor, taught: Tensor, temperature: float, boundary: float = 0.0) -> Tensor:
    """T² times the mean over voxels of the divergence, at shapes (batch, classes, *space).

    Voxels count alike whatever their class: weights by class would pay for structures drawn too large.

    Parameters
    ----------
    boundary : what voxels beside a border between the teacher's classes weigh more
    """
    each = _divergence(logits, taught, temperature)
    if not boundary:
        return temperature**2 * each.mean()
    weights = 1 + boundary * borders(taught.argmax(1))
    return temperature**2 * (each * weights).sum() / weights.sum()


def overlap_difference(logits: Tensor, taught: Tensor) -> Tensor:
    """One minus the soft Dice of student and teacher, mean over the structures, each summed over the batch.

    |p + q| - |p - q| stands for twice the shared part, so that the least value is at p = q also where the teacher is
    in doubt; with the usual product a student would be paid for being surer than its teacher. (Wang et al., "Dice
    semimetric losses", MICCAI 2023.) Structures of which neither has anything count nothing.

    Parameters
    ----------
    logits : (batch, classes, *space) of the student, the first class the background
    taught : the same shape, the teacher's probabilities
    """
    mine = logits.float().softmax(1)[:, 1:].transpose(0, 1).flatten(1)
    theirs = taught[:, 1:].transpose(0, 1).flatten(1)
    return ((mine - theirs).abs().sum(1) / (mine + theirs).sum(1).clamp_min(TINY)).mean()


def _divergence(logits: Tensor, taught: Tensor, temperature: float) -> Tensor:
    """Of each image or voxel."""
    log_student = F.log_softmax(logits.float() / temperature, dim=1)
    return (taught * (taught.clamp_min(TINY).log() - log_student)).sum(1)


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
