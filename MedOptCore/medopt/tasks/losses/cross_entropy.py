"""Cross-entropy of a segmentation."""

from __future__ import annotations

import torch
from torch import Tensor

from medopt.tasks.losses.regions import Regions


def cross_entropy(regions: Regions, weights: Tensor | None = None) -> Tensor:
    """Mean of -log p of the right class over annotated voxels, weighted by ``weights`` (outputs,) of that class.

    Equal to torch's ``cross_entropy`` with weights; 0 where nothing is annotated.
    """
    return voxel_mean(-regions.log_right, regions, weights)


def voxel_mean(values: Tensor, regions: Regions, weights: Tensor | None) -> Tensor:
    """Mean of ``values`` (batch, voxels), which are 0 where nobody annotated, over annotated voxels."""
    if weights is None:
        return values.sum() / regions.seen.sum().clamp_min(1)
    each = weights[regions.target] * regions.seen
    return (values * each).sum() / each.sum().clamp_min(torch.finfo(torch.float32).tiny)
