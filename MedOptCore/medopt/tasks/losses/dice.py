"""Soft Dice of a segmentation."""

from __future__ import annotations

from torch import Tensor

from medopt.tasks.losses.regions import Regions

SMOOTH = 1e-5
"""Keeps the overlap of an absent structure finite."""


def soft_dice(regions: Regions, judged: Tensor | None = None) -> Tensor:
    """1 - mean Dice of the foreground classes, over the whole batch (Milletari et al. 2016; Isensee et al. 2021).

    Samples in which a class was not judged, ``judged`` (batch, classes), take no part in its Dice; classes judged in
    no sample take no part in the mean, and without any judged class it is 0.
    """
    shared, predicted, actual = foreground(regions, judged)
    return 1 - mean_of_judged((2 * shared + SMOOTH) / (predicted + actual + SMOOTH), judged)


def foreground(regions: Regions, judged: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """(classes,) sums over the batch of the shared, predicted and actual voxels of each foreground class."""
    parts = (regions.shared[:, 1:], regions.predicted[:, 1:], regions.actual[:, 1:])
    if judged is not None:
        parts = (parts[0] * judged, parts[1] * judged, parts[2] * judged)
    return parts[0].sum(0), parts[1].sum(0), parts[2].sum(0)


def mean_of_judged(values: Tensor, judged: Tensor | None) -> Tensor:
    """Mean of ``values`` (classes,) over the classes that some sample judges; 1 when there is none."""
    if judged is None:
        return values.mean()
    some = judged.any(0)
    return (values * some).sum() / some.sum().clamp_min(1) + (~some.any()).to(values.dtype)
