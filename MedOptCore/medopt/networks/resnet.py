"""ResNet (He et al. 2016); the bottleneck reduces in its 3×3 convolution, as today's implementations do."""

from __future__ import annotations

from typing import Literal

from torch import nn

from medopt.networks.backbone import Backbone, stem_kernel
from medopt.networks.encoder import Encoder
from medopt.networks.layers import ConvolutionBlock, Residual, max_pool
from medopt.networks.settings import Triple

BLOCKS = {"S": (2, 2, 2, 2), "M": (3, 4, 6, 3), "L": (3, 4, 6, 3)}
"""Residual blocks of the four stages: ResNet-18, ResNet-34, and ResNet-50 whose blocks are bottlenecks."""
WIDTHS = (64, 128, 256, 512)
EXPANSION = 4
"""Of a bottleneck's output over its inner width."""


class ResNet(Backbone):
    """S is ResNet-18, M ResNet-34, L ResNet-50."""

    name: Literal["resnet"] = "resnet"

    def build_encoder(self, channels: int, dims: int) -> Encoder:
        """The image, the first convolution, then pooling and the first stage, then the other stages."""
        make, expansion = (_bottleneck, EXPANSION) if self.size == "L" else (_basic, 1)
        first, pool, *others = self.strides
        stem = ConvolutionBlock(
            channels, WIDTHS[0], dims, self.norm, first, kernel=stem_kernel(first), activation="relu"
        )
        stages: list[nn.Module] = [nn.Identity(), stem]
        features, inputs = [channels, WIDTHS[0]], WIDTHS[0]
        for width, blocks, stride in zip(WIDTHS, BLOCKS[self.size], ((1, 1, 1), *others), strict=True):
            layers: list[nn.Module] = [max_pool(dims, pool)] if len(stages) == 2 else []
            for number in range(blocks):
                layers.append(make(inputs, width, dims, self.norm, stride if number == 0 else (1, 1, 1)))
                inputs = width * expansion
            stages.append(nn.Sequential(*layers))
            features.append(inputs)
        return Encoder(tuple(stages), tuple(features))


def _basic(inputs: int, width: int, dims: int, norm: str, stride: Triple) -> nn.Module:
    body = nn.Sequential(
        ConvolutionBlock(inputs, width, dims, norm, stride, activation="relu"),
        ConvolutionBlock(width, width, dims, norm, activation="none"),
    )
    return Residual(body, _shortcut(inputs, width, dims, norm, stride), nn.ReLU())


def _bottleneck(inputs: int, width: int, dims: int, norm: str, stride: Triple) -> nn.Module:
    outputs = width * EXPANSION
    body = nn.Sequential(
        ConvolutionBlock(inputs, width, dims, norm, kernel=1, activation="relu"),
        ConvolutionBlock(width, width, dims, norm, stride, activation="relu"),
        ConvolutionBlock(width, outputs, dims, norm, kernel=1, activation="none"),
    )
    return Residual(body, _shortcut(inputs, outputs, dims, norm, stride), nn.ReLU())


def _shortcut(inputs: int, outputs: int, dims: int, norm: str, stride: Triple) -> nn.Module | None:
    if inputs == outputs and max(stride) == 1:
        return None
    return ConvolutionBlock(inputs, outputs, dims, norm, stride, kernel=1, activation="none")
