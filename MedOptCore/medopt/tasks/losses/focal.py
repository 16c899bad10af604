"""Focal loss of a segmentation."""

from __future__ import annotations

from torch import Tensor

from medopt.tasks.losses.cross_entropy import voxel_mean
from medopt.tasks.losses.regions import Regions


def focal(regions: Regions, gamma: float, weights: Tensor | None = None) -> Tensor:
    """Mean of (1 - p)^gamma · -log p over annotated voxels, weighted as cross-entropy is.

    p is the softmax probability of the right class (Lin et al., "Focal loss for dense object detection", ICCV 2017);
    with gamma 0 it is cross-entropy. 0 where nothing is annotated.
    """
    return voxel_mean(-regions.log_right * focus(regions.log_right, gamma), regions, weights)


def focus(log_probability: Tensor, gamma: float) -> Tensor:
    """(1 - p)^gamma from log p, with a finite slope at p = 1 for every gamma."""
    return (-log_probability.expm1()).clamp_min(1e-7) ** gamma
