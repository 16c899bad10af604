"""The networks that a recipe can name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import nn

from medopt.errors import MedOptError
from medopt.networks.residual_unet import build_residual_unet
from medopt.networks.settings import NetworkSettings
from medopt.networks.unet import build_unet

Builder = Callable[[NetworkSettings, int, int, int], nn.Module]

BUILDERS: Mapping[str, Builder] = {
    "unet": build_unet,
    "residual_unet": build_residual_unet,
}
"""Name in a recipe → builder(settings, input channels, outputs, dims)."""


def build_network(settings: NetworkSettings, channels: int, outputs: int, dims: int) -> nn.Module:
    """A fresh network on the CPU with random weights from torch's global generator.

    Parameters
    ----------
    channels : input channels
    outputs : output channels (classes with background for segmentation)
    dims : 2 or 3 spatial dimensions; a 2D network takes (batch, channel, j, i)

    The network maps (batch, channel, *space) to logits (batch, outputs, *space). While training with deep
    supervision it gives a list of logits, finest first. Raises MedOptError when the settings do not fit ``dims``.
    """
    if dims not in (2, 3):
        raise MedOptError("wrong number of dimensions", expected="2 or 3", found=str(dims))
    if dims == 2 and any(stride[0] != 1 for stride in settings.strides):
        raise MedOptError(
            "the network's strides do not fit 2D data",
            where="network.strides",
            expected="1 as the first number of each stride",
            found=str(list(settings.strides)),
        )
    return BUILDERS[settings.name](settings, channels, outputs, dims)


def count_parameters(network: nn.Module) -> int:
    """Number of trainable numbers."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)
