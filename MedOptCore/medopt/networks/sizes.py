"""Complete settings from a family's name and a size, for the images that the network will see."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from medopt.errors import MedOptError
from medopt.networks.backbone import Backbone, Size
from medopt.networks.registry import NETWORKS, Head
from medopt.networks.residual_unet import ResidualUNet
from medopt.networks.settings import NetworkSettings, Triple
from medopt.networks.strides import propose_strides

SIZES: tuple[Size, ...] = ("S", "M", "L")
WIDTHS = (
    (8, 16, 32, 64, 96, 128),
    (16, 32, 64, 128, 192, 256),
    (32, 64, 128, 256, 320, 320),
    (64, 128, 256, 512, 512, 512),
)
"""Feature maps of a U-Net's stages: the third are nnU-Net's, with the others half, a quarter and twice as wide. S, M, L
are the first three on a CPU, where four times the steps in the same time are worth more, and the last three elsewhere.
"""
BLOCKS = {"S": (1, 2, 2, 2, 2, 2), "M": (1, 3, 4, 6, 6, 6), "L": (1, 3, 4, 6, 6, 6)}
"""Residual blocks of a residual U-Net's stages: M and L those of nnU-Net's residual presets (Isensee et al. 2024)."""
ONE: Triple = (1, 1, 1)


def network_of(
    name: str,
    size: Size,
    *,
    shape: Sequence[int],
    spacing: Sequence[float],
    device_kind: str = "cpu",
    head: Head = "voxels",
) -> NetworkSettings:
    """Settings of the family ``name`` in ``size``, complete.

    Parameters
    ----------
    shape, spacing : voxels and mm along (k, j, i) of the images or patches; k = 1 is 2D
    device_kind : what will train, ``cpu`` or ``cuda``: U-Nets are half as wide on a CPU
    head : of the network to build; U-Nets that answer for whole images take batch normalization, since instance
        normalization removes just the mean that is pooled in the end

    Strides follow ``propose_strides``. Where the images allow fewer halvings than a family has steps, the first layer
    keeps its own, then the stages theirs in order, and the pooling after the first layer is the last to reduce.
    Raises MedOptError for an unknown name or size.
    """
    family = NETWORKS.get(name)
    if family is None or size not in SIZES:
        given, known = (name, list(NETWORKS)) if family is None else (size, list(SIZES))
        near = difflib.get_close_matches(given, known, n=1, cutoff=0.5)
        raise MedOptError(
            "unknown network" if family is None else "unknown size of network",
            expected=", ".join(known),
            found=given,
            remedy=f"Did you mean '{near[0]}'?" if near else "",
        )
    strides = propose_strides(shape, spacing)
    if issubclass(family, Backbone):
        count = len(family.model_fields["strides"].default)
        values: dict[str, Any] = {"size": size, "strides": _placed(strides[1:], count)}
        return family(**values)
    strides = strides if len(strides) > 1 else (ONE, ONE)
    widths = WIDTHS[SIZES.index(size) + (device_kind != "cpu")]
    values = {"features": widths[: len(strides)], "strides": strides}
    if issubclass(family, ResidualUNet):
        values |= {"blocks": BLOCKS[size][: len(strides)], "convolutions": 1}
    if head == "image":
        values["norm"] = "batch"
    return family(**values)


def _placed(halvings: Sequence[Triple], count: int) -> tuple[Triple, ...]:
    order = (0, *range(2, count), 1)
    places = sorted(order[: len(halvings)])
    reductions = dict(zip(places, halvings, strict=False))
    return tuple(reductions.get(place, ONE) for place in range(count))
