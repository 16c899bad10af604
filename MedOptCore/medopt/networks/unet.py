"""The plain U-Net with strided convolutions, as nnU-Net uses it (Ronneberger et al. 2015; Isensee et al. 2021)."""

from __future__ import annotations

from typing import Literal

from torch import nn

from medopt.networks.layers import ConvolutionBlock
from medopt.networks.settings import Triple
from medopt.networks.unet_family import UNetFamily


class UNet(UNetFamily):
    """Convolutions with normalization and leaky ReLU."""

    name: Literal["unet"] = "unet"

    def block(self, inputs: int, outputs: int, dims: int, stride: Triple = (1, 1, 1)) -> nn.Module:
        """One convolution."""
        return ConvolutionBlock(inputs, outputs, dims, self.norm, stride)
