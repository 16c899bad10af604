"""The losses of segmentation by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from medopt.errors import MedOptError
from medopt.tasks.losses.cross_entropy import cross_entropy
from medopt.tasks.losses.dice import Total, soft_dice
from medopt.tasks.losses.focal import focal
from medopt.tasks.losses.partial import merge_unjudged
from medopt.tasks.losses.regions import Regions, measure_regions
from medopt.tasks.losses.settings import OF_SEGMENTATION, LossSettings
from medopt.tasks.losses.tversky import tversky
from medopt.tasks.losses.weights import needed_weights

SegmentationLoss = Callable[[Tensor, Tensor, Tensor | None], Tensor]
Part = Callable[[Regions, Tensor | None], Tensor]


def segmentation_loss(
    settings: LossSettings, weights: Sequence[float] | None = None, total: Total | None = None
) -> SegmentationLoss:
    """The loss that the settings name: ``loss(logits, target, judged)``, a float32 scalar.

    Parameters
    ----------
    weights : (classes + 1,) of ``class_weights``, background first; needed when the settings ask for weights
    total : sums over the processes that share a batch, so that its overlap is that of the whole batch

    ``logits`` are (batch, classes + 1, *space) with the background first, ``target`` (batch, *space) int64 with 255
    where nobody annotated, and ``judged`` (batch, classes) bool or None when every class was judged. A class that was
    not judged in a sample is one with the background there (``merge_unjudged``) and takes no part in its overlap.
    Voxels that nobody annotated count nowhere. A batch without anything to learn from has loss and gradient 0.

    Raises MedOptError for a loss of another task and when weights are asked for and not given.
    """
    parts = _parts(settings, weights, total)

    def loss(logits: Tensor, target: Tensor, judged: Tensor | None = None) -> Tensor:
        if judged is not None and not bool(judged.all()):
            logits, target = merge_unjudged(logits, target, judged)
            judged = judged.to(logits.device)
        elif total is None:
            judged = None
        else:  # another process may have classes that nobody judged
            judged = torch.ones(logits.shape[0], logits.shape[1] - 1, dtype=torch.bool, device=logits.device)
        regions = measure_regions(logits, target)
        return torch.stack([part(regions, judged) for part in parts]).sum()

    return loss


def _parts(settings: LossSettings, weights: Sequence[float] | None, total: Total | None) -> list[Part]:
    name = OF_SEGMENTATION[0] if settings.name == "auto" else settings.name
    if name not in OF_SEGMENTATION:
        raise MedOptError("not a loss of segmentation", expected=" or ".join(OF_SEGMENTATION), found=name)
    given = needed_weights(settings, weights)

    def of_voxels(regions: Regions, judged: Tensor | None) -> Tensor:
        each = None if given is None else regions.log_right.new_tensor(given)
        if name.endswith("focal"):
            return focal(regions, settings.gamma, each)
        return cross_entropy(regions, each)

    def of_overlap(regions: Regions, judged: Tensor | None) -> Tensor:
        if name.startswith("tversky"):
            return tversky(regions, settings.alpha, settings.beta, judged, total)
        return soft_dice(regions, judged, total)

    parts: list[Part] = []
    if name.startswith(("dice", "tversky")):
        parts.append(of_overlap)
    if name != "tversky":
        parts.append(of_voxels)
    return parts
