"""MobileNetV3 (Howard et al. 2019): inverted residuals with squeeze and excitation, and hard swish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from torch import Tensor, nn

from medopt.networks.backbone import Backbone
from medopt.networks.encoder import Encoder
from medopt.networks.layers import (
    ConvolutionBlock,
    Residual,
    convolution,
    global_pool,
    initialise,
    multiple_of_8,
)
from medopt.networks.settings import Triple, Width

FIRST = 16
WIDENING = 6
"""Of the convolution before the mean over space, over the deepest features."""


@dataclass(frozen=True)
class Row:
    """A line of the paper's tables 1 and 2: one block."""

    kernel: int
    inner: int
    outputs: int
    excited: bool
    activation: str


def _rows(*lines: tuple[int, int, int, bool, str]) -> tuple[Row, ...]:
    return tuple(Row(k, inner, outputs, excited, activation) for k, inner, outputs, excited, activation in lines)


R, H = "relu", "hard_swish"
SMALL: tuple[tuple[Row, ...], ...] = (
    (),
    _rows((3, 16, 16, True, R)),
    _rows((3, 72, 24, False, R), (3, 88, 24, False, R)),
    _rows(
        (5, 96, 40, True, H), (5, 240, 40, True, H), (5, 240, 40, True, H), (5, 120, 48, True, H), (5, 144, 48, True, H)
    ),
    _rows((5, 288, 96, True, H), (5, 576, 96, True, H), (5, 576, 96, True, H)),
)
LARGE: tuple[tuple[Row, ...], ...] = (
    _rows((3, 16, 16, False, R)),
    _rows((3, 64, 24, False, R), (3, 72, 24, False, R)),
    _rows((5, 72, 40, True, R), (5, 120, 40, True, R), (5, 120, 40, True, R)),
    _rows(
        (3, 240, 80, False, H),
        (3, 200, 80, False, H),
        (3, 184, 80, False, H),
        (3, 184, 80, False, H),
        (3, 480, 112, True, H),
        (3, 672, 112, True, H),
    ),
    _rows((5, 672, 160, True, H), (5, 960, 160, True, H), (5, 960, 160, True, H)),
)
"""Blocks by level; the first block of a level reduces, and the first convolution does at the first level."""


@dataclass(frozen=True)
class Variant:
    """Blocks, width multiplier, and the classifier's hidden width."""

    rows: tuple[tuple[Row, ...], ...]
    multiplier: float
    hidden: int


VARIANTS = {"S": Variant(SMALL, 1.0, 1024), "M": Variant(LARGE, 1.0, 1280), "L": Variant(LARGE, 1.25, 1280)}
"""The paper's Small, Large, and Large with width multiplier 1.25."""


class MobileNetV3(Backbone):
    """S is MobileNetV3-Small, M -Large, L -Large with width multiplier 1.25."""

    light: ClassVar[bool] = True

    name: Literal["mobilenet_v3"] = "mobilenet_v3"
    decoder: tuple[Width, ...] = (16, 16, 24, 40, 80)
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2

    def build_encoder(self, channels: int, dims: int) -> Encoder:
        """The image, then five levels; the last widening is part of the classifier."""
        variant = VARIANTS[self.size]
        inputs = multiple_of_8(FIRST * variant.multiplier)
        stem = ConvolutionBlock(channels, inputs, dims, self.norm, self.strides[0], activation=H)
        stages: list[nn.Module] = [nn.Identity()]
        features = [channels]
        for rows, stride in zip(variant.rows, self.strides, strict=True):
            layers: list[nn.Module] = []
            step = stride
            if len(stages) == 1:
                layers, step = [stem], (1, 1, 1)
            for row in rows:
                outputs = multiple_of_8(row.outputs * variant.multiplier)
                inner = multiple_of_8(row.inner * variant.multiplier)
                layers.append(_block(inputs, inner, outputs, dims, self.norm, step, row))
                inputs, step = outputs, (1, 1, 1)
            stages.append(nn.Sequential(*layers))
            features.append(inputs)
        return Encoder(tuple(stages), tuple(features))

    def build_image_head(self, inputs: int, outputs: int, dims: int) -> nn.Module:
        """The paper's: a widening 1×1 convolution, the mean over space, a hidden layer, dropout, a linear layer."""
        wide, hidden = WIDENING * inputs, VARIANTS[self.size].hidden
        widening = initialise(ConvolutionBlock(inputs, wide, dims, self.norm, kernel=1, activation=H))
        pooled = [global_pool(dims), nn.Flatten(), nn.Linear(wide, hidden), nn.Hardswish()]
        return nn.Sequential(widening, *pooled, nn.Dropout(self.dropout), nn.Linear(hidden, outputs))


def _block(inputs: int, inner: int, outputs: int, dims: int, norm: str, stride: Triple, row: Row) -> nn.Module:
    layers: list[nn.Module] = []
    if inner != inputs:
        layers.append(ConvolutionBlock(inputs, inner, dims, norm, kernel=1, activation=row.activation))
    layers.append(
        ConvolutionBlock(inner, inner, dims, norm, stride, kernel=row.kernel, groups=inner, activation=row.activation)
    )
    if row.excited:
        layers.append(SqueezeExcitation(inner, multiple_of_8(inner // 4), dims))
    layers.append(ConvolutionBlock(inner, outputs, dims, norm, kernel=1, activation="none"))
    body = nn.Sequential(*layers)
    return Residual(body) if inputs == outputs and max(stride) == 1 else body


class SqueezeExcitation(nn.Module):
    """Feature maps weighted by what all of them show on average over space (Hu et al. 2018)."""

    def __init__(self, features: int, squeezed: int, dims: int) -> None:
        super().__init__()
        self.weights = nn.Sequential(
            global_pool(dims),
            convolution(features, squeezed, dims, kernel=1, bias=True),
            nn.ReLU(),
            convolution(squeezed, features, dims, kernel=1, bias=True),
            nn.Hardsigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, features, *space), same shape."""
        return x * self.weights(x)
