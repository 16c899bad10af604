"""Which networks may be proposed, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medopt.networks import AnyNetwork, Head, build_network, coarser, describe_network, network_of
from medopt.networks.backbone import Size
from medopt.networks.unet_family import UNetFamily
from medopt.training.advice.patch import Triple
from medopt.training.advice.records import Figure, Reason
from medopt.training.advice.spacing import SMALL_BOXES
from medopt.training.muon import balancing_work

SIZES: tuple[Size, ...] = ("M", "S")
"""Sizes that are tried, by falling time. M has nnU-Net's feature maps on a GPU and half of them on a CPU, where four
times the steps in the same time are worth more; S has half of M's, or on a CPU in 3D M's without the finest level."""
RESIDUAL_MINUTES, RESIDUAL_SUBJECTS = 60.0, 50
"""Time and training subjects from which a GPU trains a residual encoder."""
COARSE_LEVELS = 3
"""Levels from which a U-Net on a CPU can do without the finest one."""
CELLS = 2.0
"""Output cells that the smallest side of a box covers at least."""
COARSEST = 4
"""Voxels that an output cell covers at most (Zhou et al. 2019)."""

FLOAT = 4
"""Bytes of a float32."""
PER_PARAMETER = 5
"""Numbers kept a parameter: the weight, its gradient, two moments of AdamW, the moving average."""
FIXED = 128 << 20
"""Bytes that libraries and their workspace take with the first step."""
MARGIN = 1.5
"""Gradients of activations that live beside them, workspace of kernels, and what the allocator cannot use."""


@dataclass(frozen=True)
class Candidate:
    """A network of a family and size; ``reasons`` speak for its name and the level of its output."""

    size: Size
    settings: AnyNetwork
    reasons: tuple[Reason, ...] = field(default=(), compare=False)

    @property
    def size_field(self) -> tuple[str, Any]:
        """The field of the recipe that says the size, and its value."""
        if isinstance(self.settings, UNetFamily):
            return "network.features", list(self.settings.features)
        return "network.size", self.settings.size


@dataclass(frozen=True)
class Cost:
    """Of one network on one patch.

    Parameters
    ----------
    parameters : trainable numbers
    multiply_adds : of a forward pass of one patch
    kept : bytes that the backward pass needs of one patch
    """

    parameters: int
    multiply_adds: int
    kept: int

    def step_bytes(self, batch_size: int) -> int:
        """Memory of a training step in float32, estimated."""
        return int(FIXED + MARGIN * self.kept * batch_size + FLOAT * PER_PARAMETER * self.parameters)


@dataclass(frozen=True)
class Maker:
    """Builds the networks of a project: ``outputs`` and ``head`` are those of its task."""

    channels: int
    outputs: int
    dims: int
    head: Head

    def build(self, settings: AnyNetwork) -> nn.Module:
        """A fresh network on the present default device."""
        return build_network(settings, self.channels, self.outputs, self.dims, self.head)

    def balancing(self, settings: AnyNetwork) -> int:
        """Multiply-adds that Muon takes in each step; see ``medopt.training.muon``."""
        with torch.device("meta"):
            return balancing_work(self.build(settings))

    def cost(self, settings: AnyNetwork, patch: Triple) -> Cost:
        """Its cost for patches (k, j, i); MedOptError when it cannot take them."""
        found = describe_network(settings, self.channels, self.outputs, self.dims, patch, self.head)
        return Cost(found.parameters, found.multiply_adds, found.training_bytes)


def voxel_candidate(
    size: Size,
    kind: str,
    shape: Sequence[int],
    spacing: Sequence[float],
    *,
    minutes: float | None,
    subjects: int,
    dense: bool = True,
) -> Candidate:
    """The network of a size that answers for places in patches of ``shape`` (k, j, i).

    On a CPU the small one for voxels is the next larger one without its finest level, where there is such and the
    answers are ``dense``.
    """
    residual = kind == "cuda" and (minutes or 0) >= RESIDUAL_MINUTES and subjects >= RESIDUAL_SUBJECTS
    name = "residual_unet" if residual else "unet"
    figures: dict[str, Figure] = {"device": kind, "subjects": subjects}
    if residual:
        why, rule = (
            "A U-Net with a residual encoder: there is a GPU, an hour and data enough for it.",
            "network.residual",
        )
    else:
        why, rule = "A plain U-Net, still the strongest baseline of the field.", "network.family"
    reason = Reason("network.name", name, why, figures, rule)
    settings = network_of(name, size, shape=shape, spacing=spacing, device_kind=kind)
    if kind == "cpu" and size == "S" and dense and shape[0] > 1 and len(settings.steps) >= COARSE_LEVELS:
        settings = coarser(network_of(name, "M", shape=shape, spacing=spacing, device_kind=kind))
        why = "No level at full resolution, which takes most of the time; the image itself gives the edges in the end."
        reasons = (reason, Reason("network.fine_head", True, why, figures, "network.fine_head"))
        return Candidate(size, cast(AnyNetwork, settings), reasons)
    return Candidate(size, cast(AnyNetwork, settings), (reason,))


def image_candidate(kind: str, shape: Sequence[int], spacing: Sequence[float], subjects: int) -> Candidate:
    """The network that answers for whole images of ``shape`` (k, j, i)."""
    size: Size = "M" if kind == "cuda" and subjects >= RESIDUAL_SUBJECTS else "S"
    settings = network_of("resnet", size, shape=shape, spacing=spacing, device_kind=kind, head="image")
    figures: dict[str, Figure] = {"device": kind, "subjects": subjects}
    why = "A residual network, whose first layers keep what small images show."
    reason = Reason("network.name", "resnet", why, figures, "network.classifier")
    return Candidate(size, cast(AnyNetwork, settings), (reason,))


def with_output_level(candidate: Candidate, boxes_mm: NDArray[np.float64], spacing: Sequence[float]) -> Candidate:
    """A detector whose output is as coarse as ``boxes_mm`` (n, 3), sides along (k, j, i), allow at ``spacing``.

    Of each axis that the network halves, the smallest sides cover CELLS cells of the output. Without boxes the finest
    output is taken.
    """
    settings = candidate.settings
    sides = np.percentile(boxes_mm, SMALL_BOXES, axis=0) / np.asarray(spacing) if len(boxes_mm) else np.zeros(3)
    halved = np.asarray(settings.divisor) > 1
    level = 0
    for number, stride in enumerate(settings.level_strides[: max(1, len(settings.steps) - 1)]):
        step = np.asarray(stride)
        if step.max() <= COARSEST and (sides >= CELLS * step)[halved].all():
            level = number
    stride = settings.level_strides[level]
    smallest = float(sides[halved].min()) if halved.any() else float(sides.min())
    figures: dict[str, Figure] = {"boxes": len(boxes_mm), "smallest_side_voxels": round(smallest, 2)}
    why = (
        f"95 % of the {len(boxes_mm)} boxes looked at are {smallest:.1f} voxels wide or more, so an output cell covers "
        f"{' × '.join(map(str, stride))} voxels."
    )
    if not len(boxes_mm):
        why = "No boxes were seen, so the output is as fine as the image."
    reason = Reason("network.output_level", level, why, figures, "network.output_level")
    # model_copy would not check that the decoder has such a level
    changed = type(settings)(**{**settings.model_dump(), "output_level": level})
    return Candidate(candidate.size, changed, (*candidate.reasons, reason))
