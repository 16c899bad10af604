"""The pieces that the U-Net family shares, in 2D and 3D."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

_CONVOLUTION: dict[int, Any] = {2: nn.Conv2d, 3: nn.Conv3d}
_TRANSPOSED: dict[int, Any] = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
_NORM: dict[tuple[str, int], Any] = {
    ("instance", 2): nn.InstanceNorm2d,
    ("instance", 3): nn.InstanceNorm3d,
    ("batch", 2): nn.BatchNorm2d,
    ("batch", 3): nn.BatchNorm3d,
}
LEAK = 0.01
"""Slope of the leaky ReLU below zero, as in nnU-Net (Isensee et al. 2021)."""


def spatial(stride: Sequence[int], dims: int) -> tuple[int, ...]:
    """A (k, j, i) triple as the ``dims`` numbers a layer wants."""
    return tuple(stride[3 - dims :])


def convolution(
    inputs: int, outputs: int, dims: int, *, kernel: int = 3, stride: Sequence[int] = (1, 1, 1)
) -> nn.Module:
    """A convolution that keeps the size, divided by ``stride``; no bias, since a norm follows."""
    return _CONVOLUTION[dims](inputs, outputs, kernel, spatial(stride, dims), padding=kernel // 2, bias=False)


def normalization(kind: str, features: int, dims: int) -> nn.Module:
    """A learnable normalization of ``features`` maps."""
    return _NORM[kind, dims](features, affine=True)


def head(inputs: int, outputs: int, dims: int) -> nn.Module:
    """The 1×1 convolution that gives logits."""
    return _CONVOLUTION[dims](inputs, outputs, 1)


def upsampling(inputs: int, outputs: int, dims: int, stride: Sequence[int]) -> nn.Module:
    """A transposed convolution that multiplies the size by ``stride`` without overlap."""
    step = spatial(stride, dims)
    return _TRANSPOSED[dims](inputs, outputs, step, step, bias=False)


class ConvolutionBlock(nn.Module):
    """Convolution, normalization, leaky ReLU."""

    def __init__(self, inputs: int, outputs: int, dims: int, norm: str, stride: Sequence[int] = (1, 1, 1)) -> None:
        super().__init__()
        self.convolution = convolution(inputs, outputs, dims, stride=stride)
        self.norm = normalization(norm, outputs, dims)
        self.activation = nn.LeakyReLU(LEAK, inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, *space) to (batch, outputs, *space / stride)."""
        return self.activation(self.norm(self.convolution(x)))


class ResidualBlock(nn.Module):
    """Two convolutions with a shortcut (He et al. 2016); the shortcut is average-pooled and 1×1-projected as needed."""

    def __init__(self, inputs: int, outputs: int, dims: int, norm: str, stride: Sequence[int] = (1, 1, 1)) -> None:
        super().__init__()
        self.first = ConvolutionBlock(inputs, outputs, dims, norm, stride)
        self.second = convolution(outputs, outputs, dims)
        self.norm = normalization(norm, outputs, dims)
        self.activation = nn.LeakyReLU(LEAK, inplace=True)
        step = spatial(stride, dims)
        pool: Any = {2: nn.AvgPool2d, 3: nn.AvgPool3d}[dims]
        shortcut: list[nn.Module] = [pool(step, step)] if max(step) > 1 else []
        if inputs != outputs:
            shortcut += [convolution(inputs, outputs, dims, kernel=1), normalization(norm, outputs, dims)]
        self.shortcut = nn.Sequential(*shortcut)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, *space) to (batch, outputs, *space / stride)."""
        return self.activation(self.norm(self.second(self.first(x))) + self.shortcut(x))


class UShaped(nn.Module):
    """Encoder stages, then decoder stages that take the encoder's features beside them, with a head at each level.

    Parameters
    ----------
    stages : encoder stages from full resolution down
    ups, decoders : from the bottom up; ``ups[n]`` upsamples, ``decoders[n]`` takes [upsampled, skipped] features
    heads : logits of each decoder stage, from the bottom up; only the last is used outside training
    """

    def __init__(
        self,
        stages: Sequence[nn.Module],
        ups: Sequence[nn.Module],
        decoders: Sequence[nn.Module],
        heads: Sequence[nn.Module],
    ) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.ups = nn.ModuleList(ups)
        self.decoders = nn.ModuleList(decoders)
        self.heads = nn.ModuleList(heads)

    def forward(self, x: Tensor) -> Tensor | list[Tensor]:
        """Logits (batch, outputs, *space); a list, finest first, while training with several heads."""
        skipped = []
        for stage in self.stages:
            x = stage(x)
            skipped.append(x)
        skipped.pop()
        logits = []
        first_head = len(self.ups) - len(self.heads)
        for level, (up, decoder) in enumerate(zip(self.ups, self.decoders, strict=True)):
            x = decoder(torch.cat([up(x), skipped.pop()], dim=1))
            last = level == len(self.ups) - 1
            if level >= first_head and (last or self.training):
                logits.append(self.heads[level - first_head](x))
        return logits[::-1] if self.training and len(self.heads) > 1 else logits[-1]


def initialise(network: nn.Module) -> nn.Module:
    """He-normal weights for leaky ReLU in every convolution (He et al. 2015), biases zero; gives the network back."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)):
            nn.init.kaiming_normal_(module.weight, a=LEAK)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network
