"""Tversky loss of a segmentation."""

from __future__ import annotations

from torch import Tensor

from medopt.tasks.losses.dice import SMOOTH, Total, foreground, mean_of_judged
from medopt.tasks.losses.regions import Regions


def tversky(
    regions: Regions, alpha: float, beta: float, judged: Tensor | None = None, total: Total | None = None
) -> Tensor:
    """1 - mean of TP / (TP + alpha FP + beta FN) of the foreground classes, over the whole batch.

    Salehi et al., "Tversky loss function for image segmentation using 3D fully convolutional deep networks", MLMI
    2017. With both at 0.5 it is soft Dice. Classes that were not judged are left out as in ``soft_dice``.
    """
    shared, predicted, actual = foreground(regions, judged, total)
    errors = alpha * (predicted - shared) + beta * (actual - shared)
    return 1 - mean_of_judged((shared + SMOOTH) / (shared + errors + SMOOTH), judged, total)
