"""The layers that networks are made of, in 2D and 3D. Strides and kernels are triples along (k, j, i)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

_CONVOLUTION: dict[int, Any] = {2: nn.Conv2d, 3: nn.Conv3d}
_TRANSPOSED: dict[int, Any] = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
_MAX_POOL: dict[int, Any] = {2: nn.MaxPool2d, 3: nn.MaxPool3d}
_AVERAGE_POOL: dict[int, Any] = {2: nn.AvgPool2d, 3: nn.AvgPool3d}
_GLOBAL_POOL: dict[int, Any] = {2: nn.AdaptiveAvgPool2d, 3: nn.AdaptiveAvgPool3d}
_NORM: dict[tuple[str, int], Any] = {
    ("instance", 2): nn.InstanceNorm2d,
    ("instance", 3): nn.InstanceNorm3d,
    ("batch", 2): nn.BatchNorm2d,
    ("batch", 3): nn.BatchNorm3d,
}
LEAK = 0.01
"""Slope of the leaky ReLU below zero, as in nnU-Net (Isensee et al. 2021)."""
ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {
    "leaky_relu": lambda: nn.LeakyReLU(LEAK, inplace=True),
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "hard_swish": nn.Hardswish,
    "none": nn.Identity,
}
"""Activations by name; those of classifiers leave their input as it is, so that hooks on features see features."""

ONE = (1, 1, 1)


def spatial(stride: Sequence[int], dims: int) -> tuple[int, ...]:
    """A (k, j, i) triple as the ``dims`` numbers a layer wants."""
    return tuple(stride[3 - dims :])


def convolution(
    inputs: int,
    outputs: int,
    dims: int,
    *,
    kernel: int | Sequence[int] = 3,
    stride: Sequence[int] = ONE,
    groups: int = 1,
    bias: bool = False,
) -> nn.Module:
    """A convolution that keeps the size, divided by ``stride``; no bias by default, since a norm follows."""
    sides = (kernel, kernel, kernel) if isinstance(kernel, int) else tuple(kernel)
    size = spatial(sides, dims)
    padding = tuple(side // 2 for side in size)
    step = spatial(stride, dims)
    return _CONVOLUTION[dims](inputs, outputs, size, step, padding=padding, groups=groups, bias=bias)


def normalization(kind: str, features: int, dims: int) -> nn.Module:
    """A learnable normalization of ``features`` maps; with ``none`` nothing."""
    return nn.Identity() if kind == "none" else _NORM[kind, dims](features, affine=True)


def head(inputs: int, outputs: int, dims: int) -> nn.Module:
    """The 1×1 convolution that gives logits."""
    return _CONVOLUTION[dims](inputs, outputs, 1)


def upsampling(inputs: int, outputs: int, dims: int, stride: Sequence[int]) -> nn.Module:
    """A transposed convolution that multiplies the size by ``stride`` without overlap."""
    step = spatial(stride, dims)
    return _TRANSPOSED[dims](inputs, outputs, step, step, bias=False)


def light_upsampling(inputs: int, outputs: int, dims: int, stride: Sequence[int]) -> nn.Module:
    """A 1×1 convolution on the coarse grid, then each voxel repeated ``stride`` times."""
    narrow = convolution(inputs, outputs, dims, kernel=1)
    if max(stride) == 1:
        return narrow
    factors = tuple(float(step) for step in spatial(stride, dims))
    return nn.Sequential(narrow, nn.Upsample(scale_factor=factors, mode="nearest"))


def max_pool(dims: int, stride: Sequence[int]) -> nn.Module:
    """The largest of 3 neighbours along each axis that is reduced; nothing when none is."""
    if max(stride) == 1:
        return nn.Identity()
    size = tuple(3 if step > 1 else 1 for step in spatial(stride, dims))
    return _MAX_POOL[dims](size, spatial(stride, dims), tuple(side // 2 for side in size))


def average_pool(dims: int, stride: Sequence[int]) -> nn.Module:
    """The mean of the voxels that become one; nothing when the stride is 1."""
    step = spatial(stride, dims)
    return nn.Identity() if max(step) == 1 else _AVERAGE_POOL[dims](step, step)


def global_pool(dims: int) -> nn.Module:
    """The mean over space, as (batch, features, 1, …)."""
    return _GLOBAL_POOL[dims](1)


class ConvolutionBlock(nn.Module):
    """Convolution, normalization, activation; the convolution has a bias only where no norm follows."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        dims: int,
        norm: str,
        stride: Sequence[int] = ONE,
        *,
        kernel: int | Sequence[int] = 3,
        groups: int = 1,
        activation: str = "leaky_relu",
    ) -> None:
        super().__init__()
        self.convolution = convolution(
            inputs, outputs, dims, kernel=kernel, stride=stride, groups=groups, bias=norm == "none"
        )
        self.norm = normalization(norm, outputs, dims)
        self.activation = ACTIVATIONS[activation]()

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, *space) to (batch, outputs, *space / stride)."""
        return self.activation(self.norm(self.convolution(x)))


class SeparableBlock(nn.Module):
    """A convolution of each feature map by itself, one across the maps, normalization, leaky ReLU (Chollet 2017)."""

    def __init__(self, inputs: int, outputs: int, dims: int, norm: str, stride: Sequence[int] = ONE) -> None:
        super().__init__()
        self.depthwise = convolution(inputs, inputs, dims, stride=stride, groups=inputs)
        self.pointwise = convolution(inputs, outputs, dims, kernel=1)
        self.norm = normalization(norm, outputs, dims)
        self.activation = nn.LeakyReLU(LEAK, inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, *space) to (batch, outputs, *space / stride)."""
        return self.activation(self.norm(self.pointwise(self.depthwise(x))))


class Residual(nn.Module):
    """``body`` and ``shortcut`` of one input, added, then ``activation`` (He et al. 2016)."""

    def __init__(self, body: nn.Module, shortcut: nn.Module | None = None, activation: nn.Module | None = None) -> None:
        super().__init__()
        self.body = body
        self.shortcut = nn.Identity() if shortcut is None else shortcut
        self.activation = nn.Identity() if activation is None else activation

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, *space) to (batch, outputs, *space / stride)."""
        return self.activation(self.body(x) + self.shortcut(x))


class Concatenated(nn.Module):
    """What each branch makes of one input, side by side; a branch that is nothing passes the input on."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, *space) to (batch, sum of outputs, *space / stride)."""
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class FineHead(nn.Module):
    """Logits on the image's grid from features of a coarser one.

    A few maps are brought up by a transposed convolution and put beside the image; a convolution with an activation
    takes both, so that edges come from the image itself and count where the maps say, then one of 1×1 gives logits.
    """

    def __init__(
        self, inputs: int, outputs: int, dims: int, norm: str, stride: Sequence[int], channels: int, maps: int
    ) -> None:
        super().__init__()
        self.up = upsampling(inputs, maps, dims, stride)
        self.norm = normalization(norm, maps, dims)
        self.activation = nn.LeakyReLU(LEAK, inplace=True)
        self.joint = ConvolutionBlock(maps + channels, maps + channels, dims, norm)
        self.last = head(maps + channels, outputs, dims)

    def forward(self, x: Tensor, image: Tensor) -> Tensor:
        """(batch, inputs, *space / stride) and (batch, channels, *space) to (batch, outputs, *space)."""
        maps = self.activation(self.norm(self.up(x)))
        return self.last(self.joint(torch.cat([maps, image], dim=1)))


def initialise(network: nn.Module) -> nn.Module:
    """He-normal weights for leaky ReLU in every convolution (He et al. 2015), biases zero; gives the network back."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)):
            nn.init.kaiming_normal_(module.weight, a=LEAK)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network


def multiple_of_8(features: float) -> int:
    """The nearest multiple of 8, at least 8 and never less than 90 % of ``features`` (Sandler et al. 2018)."""
    rounded = max(8, int(features + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * features else rounded
