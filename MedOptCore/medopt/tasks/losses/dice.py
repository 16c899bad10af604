"""Soft Dice of a segmentation."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from medopt.tasks.losses.regions import Regions

SMOOTH = 1e-5
"""Keeps the overlap of an absent structure finite."""


Total = Callable[[Tensor], Tensor]
"""Sums a tensor over the processes that share a batch; differentiable."""


def soft_dice(regions: Regions, judged: Tensor | None = None, total: Total | None = None) -> Tensor:
    """1 - mean Dice of the foreground classes, over the whole batch (Milletari et al. 2016; Isensee et al. 2021).

    Samples in which a class was not judged, ``judged`` (batch, classes), take no part in its Dice; classes judged in
    no sample take no part in the mean, and without any judged class it is 0. With ``total`` the batch is that of all
    processes, and ``judged`` must be given.
    """
    shared, predicted, actual = foreground(regions, judged, total)
    return 1 - mean_of_judged((2 * shared + SMOOTH) / (predicted + actual + SMOOTH), judged, total)


def foreground(regions: Regions, judged: Tensor | None, total: Total | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """(classes,) sums over the batch of the shared, predicted and actual voxels of each foreground class."""
    parts = torch.stack([regions.shared[:, 1:], regions.predicted[:, 1:], regions.actual[:, 1:]])
    sums = (parts if judged is None else parts * judged).sum(1)
    shared, predicted, actual = sums if total is None else total(sums)
    return shared, predicted, actual


def mean_of_judged(values: Tensor, judged: Tensor | None, total: Total | None = None) -> Tensor:
    """Mean of ``values`` (classes,) over the classes that some sample judges; 1 when there is none."""
    if judged is None:
        return values.mean()
    some = judged.any(0)
    if total is not None:
        some = total(some.to(values.dtype)) > 0
    return (values * some).sum() / some.sum().clamp_min(1) + (~some.any()).to(values.dtype)
