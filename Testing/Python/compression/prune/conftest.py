"""Small networks of every family, as pruning meets them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from medopt.networks import NETWORKS, build_network
from medopt.networks.unet_family import UNetFamily


@pytest.fixture
def network_of() -> Callable[..., torch.nn.Module]:
    """network_of(name, dims, head, norm): with random weights, and statistics of its own where it has any."""

    def make(name: str, dims: int, head: str = "voxels", norm: str = "batch") -> torch.nn.Module:
        torch.manual_seed(3)
        family = NETWORKS[name]
        steps = ((1, 2, 2), (1 if dims == 2 else 2, 2, 2))
        if issubclass(family, UNetFamily):
            settings = family(features=(8, 8, 16), strides=((1, 1, 1), *steps), norm=norm)
        else:
            count = len(family.model_fields["strides"].default)
            settings = family(size="S", strides=(*steps, *[(1, 1, 1)] * (count - 2)), norm=norm)
        network = build_network(settings, 2, 3, dims, head)  # type: ignore[arg-type]
        for module in network.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
            if isinstance(module, torch.nn.modules.batchnorm._NormBase):
                torch.nn.init.uniform_(module.weight, 0.5, 1.5)
                torch.nn.init.normal_(module.bias, std=0.2)
        return network

    return make
