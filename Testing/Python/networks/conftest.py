"""Small networks of every family."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from medopt.networks import NETWORKS, NetworkDescription, NetworkSettings, UNet, describe_network
from medopt.networks.unet_family import UNetFamily

PHOTO = (1, 224, 224)


@pytest.fixture
def small() -> Callable[..., NetworkSettings]:
    """small(name, dims, **more): settings with few levels that reduce by (2, 4, 4), or by (1, 4, 4) in 2D."""

    def make(name: str, dims: int, **more: Any) -> NetworkSettings:
        family = NETWORKS[name]
        steps = ((1, 2, 2), (1 if dims == 2 else 2, 2, 2))
        if issubclass(family, UNetFamily):
            return family(**{"features": (8, 8, 16), "strides": ((1, 1, 1), *steps), **more})
        count = len(family.model_fields["strides"].default)
        return family(**{"size": "S", "strides": (*steps, *[(1, 1, 1)] * (count - 2)), **more})

    return make


@pytest.fixture
def classifier() -> Callable[..., NetworkDescription]:
    """classifier(name, **settings): a network in 2D for photographs of 224 × 224 and 1000 classes, as published."""

    def make(name: str, **settings: Any) -> NetworkDescription:
        family = NETWORKS[name]
        count = len(family.model_fields["strides"].default)
        return describe_network(family(strides=((1, 2, 2),) * count, **settings), 3, 1000, 2, PHOTO, "image")

    return make


@pytest.fixture
def shuffled_statistics() -> Callable[[torch.nn.Module], torch.nn.Module]:
    """Gives batch normalization statistics of its own, so that a network outside training does not treat it as 1."""

    def shuffle(network: torch.nn.Module) -> torch.nn.Module:
        for module in network.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
        return network

    return shuffle


@pytest.fixture
def tiny() -> UNet:
    """Two stages of one convolution, simple enough to count by hand."""
    return UNet(features=(4, 8), strides=((1, 1, 1), (2, 2, 2)), convolutions=1, deep_supervision=False)
