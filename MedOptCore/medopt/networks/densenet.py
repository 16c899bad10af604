"""DenseNet-BC (Huang et al. 2017): every layer sees what all layers before it in its block gave."""

from __future__ import annotations

from typing import Literal

from torch import nn

from medopt.networks.backbone import Backbone, stem_kernel
from medopt.networks.encoder import Encoder
from medopt.networks.layers import Concatenated, ConvolutionBlock, average_pool, convolution, max_pool, normalization
from medopt.networks.settings import Triple

LAYERS = {"S": (6, 12, 24, 16), "M": (6, 12, 32, 32), "L": (6, 12, 48, 32)}
"""Layers of the four blocks: DenseNet-121, -169, -201."""
FIRST, GROWTH, BOTTLENECK = 64, 32, 4
"""Feature maps of the first convolution, those that a layer adds, and its inner width in units of those."""


class DenseNet(Backbone):
    """S is DenseNet-121, M DenseNet-169, L DenseNet-201.

    The normalization and activation that begin a transition in the paper end the stage before it here, so that the
    decoder is given activated features; the network is the same.
    """

    name: Literal["densenet"] = "densenet"

    def build_encoder(self, channels: int, dims: int) -> Encoder:
        """The image, the first convolution, then pooling and the first block, then transitions and blocks."""
        first, pool, *others = self.strides
        stem = ConvolutionBlock(channels, FIRST, dims, self.norm, first, kernel=stem_kernel(first), activation="relu")
        stages: list[nn.Module] = [nn.Identity(), stem]
        features, width = [channels, FIRST], FIRST
        for layers, stride in zip(LAYERS[self.size], (pool, *others), strict=True):
            if len(stages) == 2:
                parts: list[nn.Module] = [max_pool(dims, stride)]
            else:
                parts = _transition(width, dims, stride)
                width //= 2
            for _ in range(layers):
                parts.append(_layer(width, dims, self.norm))
                width += GROWTH
            stages.append(nn.Sequential(*parts, normalization(self.norm, width, dims), nn.ReLU()))
            features.append(width)
        return Encoder(tuple(stages), tuple(features))


def _transition(width: int, dims: int, stride: Triple) -> list[nn.Module]:
    return [convolution(width, width // 2, dims, kernel=1), average_pool(dims, stride)]


def _layer(inputs: int, dims: int, norm: str) -> nn.Module:
    inner = GROWTH * BOTTLENECK
    added = nn.Sequential(
        normalization(norm, inputs, dims),
        nn.ReLU(),
        ConvolutionBlock(inputs, inner, dims, norm, kernel=1, activation="relu"),
        convolution(inner, GROWTH, dims),
    )
    return Concatenated(nn.Identity(), added)
