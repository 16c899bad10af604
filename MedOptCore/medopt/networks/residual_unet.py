"""The U-Net with a residual encoder (He et al. 2016; Isensee et al. 2024, 'nnU-Net revisited')."""

from __future__ import annotations

from torch import nn

from medopt.networks.layers import ResidualBlock
from medopt.networks.settings import NetworkSettings
from medopt.networks.unet import build_u_shaped


def build_residual_unet(settings: NetworkSettings, channels: int, outputs: int, dims: int) -> nn.Module:
    """See ``medopt.networks.build_network``."""
    return build_u_shaped(settings, channels, outputs, dims, ResidualBlock)
