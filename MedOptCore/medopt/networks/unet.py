"""The plain U-Net with strided convolutions, as nnU-Net uses it (Ronneberger et al. 2015; Isensee et al. 2021)."""

from __future__ import annotations

from torch import nn

from medopt.networks.layers import ConvolutionBlock, UShaped, head, initialise, upsampling
from medopt.networks.settings import NetworkSettings

Block = type[nn.Module]


def build_unet(settings: NetworkSettings, channels: int, outputs: int, dims: int) -> nn.Module:
    """See ``medopt.networks.build_network``."""
    return build_u_shaped(settings, channels, outputs, dims, ConvolutionBlock)


def build_u_shaped(settings: NetworkSettings, channels: int, outputs: int, dims: int, block: Block) -> nn.Module:
    """A U-Net whose encoder is made of ``block``; the decoder always uses plain convolutions."""
    features, strides, norm = settings.features, settings.strides, settings.norm
    stages, inputs = [], channels
    for width, stride in zip(features, strides, strict=True):
        first = block(inputs, width, dims, norm, stride)
        rest = [block(width, width, dims, norm) for _ in range(settings.convolutions - 1)]
        stages.append(nn.Sequential(first, *rest))
        inputs = width
    ups, decoders, heads = [], [], []
    for level in range(len(features) - 1, 0, -1):
        width = features[level - 1]
        ups.append(upsampling(features[level], width, dims, strides[level]))
        convolutions = [ConvolutionBlock(2 * width, width, dims, norm)]
        convolutions += [ConvolutionBlock(width, width, dims, norm) for _ in range(settings.convolutions - 1)]
        decoders.append(nn.Sequential(*convolutions))
        if level == 1 or (settings.deep_supervision and level <= 3):
            heads.append(head(width, outputs, dims))
    return initialise(UShaped(stages, ups, decoders, heads))
