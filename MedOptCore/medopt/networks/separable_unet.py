"""The U-Net of depthwise-separable convolutions (Chollet 2017; Howard et al. 2017): an eighth of the work in 2D."""

from __future__ import annotations

from typing import Literal

from torch import nn

from medopt.networks.decoder import DecoderPlan
from medopt.networks.layers import ConvolutionBlock, SeparableBlock
from medopt.networks.settings import Triple
from medopt.networks.unet_family import UNetFamily

FEW = 4
"""Up to so many maps are convolved plainly: there is nothing to save, and a kernel a map would see too little."""


class SeparableUNet(UNetFamily):
    """Separable convolutions in encoder and decoder; only the first layer, which sees the image, is a plain one."""

    name: Literal["separable_unet"] = "separable_unet"

    def block(self, inputs: int, outputs: int, dims: int, stride: Triple = (1, 1, 1)) -> nn.Module:
        """One separable convolution."""
        make = ConvolutionBlock if inputs <= FEW else SeparableBlock
        return make(inputs, outputs, dims, self.norm, stride)

    def decoder_plan(self) -> DecoderPlan:
        """Separable convolutions, as wide as the encoder at each level."""
        return DecoderPlan(self.features[:-1], self.norm, self.convolutions, light=True, fine_head=self.fine_head)
