"""MobileNetV2 (Sandler et al. 2018): inverted residuals with linear bottlenecks."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field
from torch import nn

from medopt.networks.backbone import Backbone
from medopt.networks.encoder import Encoder, pooled_linear
from medopt.networks.layers import ConvolutionBlock, Residual, initialise, multiple_of_8
from medopt.networks.settings import Triple, Width

MULTIPLIERS = {"S": 0.5, "M": 1.0, "L": 1.4}
"""Width multipliers of the paper's variants."""
FIRST, LAST = 32, 1280
ROWS: tuple[tuple[tuple[int, int, int], ...], ...] = (
    ((1, 16, 1),),
    ((6, 24, 2),),
    ((6, 32, 3),),
    ((6, 64, 4), (6, 96, 3)),
    ((6, 160, 3), (6, 320, 1)),
)
"""(expansion, feature maps, blocks) of the paper's table 2, by level; the first block of a level reduces."""


class MobileNetV2(Backbone):
    """Width multiplier 0.5 (S), 1.0 (M) or 1.4 (L), or any by ``width``."""

    light: ClassVar[bool] = True

    name: Literal["mobilenet_v2"] = "mobilenet_v2"
    width: Annotated[float, Field(ge=0.1, le=4)] | None = None
    """Width multiplier in place of the size's."""
    decoder: tuple[Width, ...] = (16, 16, 24, 40, 80)
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2

    @property
    def multiplier(self) -> float:
        """What the paper's widths are multiplied by."""
        return MULTIPLIERS[self.size] if self.width is None else self.width

    def build_encoder(self, channels: int, dims: int) -> Encoder:
        """The image, then five levels; the widening to 1280 maps is part of the classifier."""
        inputs = multiple_of_8(FIRST * self.multiplier)
        stem = ConvolutionBlock(channels, inputs, dims, self.norm, self.strides[0], activation="relu6")
        stages: list[nn.Module] = [nn.Identity()]
        features = [channels]
        for rows, stride in zip(ROWS, self.strides, strict=True):
            layers: list[nn.Module] = []
            step = stride
            if len(stages) == 1:
                layers, step = [stem], (1, 1, 1)
            for expansion, width, blocks in rows:
                outputs = multiple_of_8(width * self.multiplier)
                for _ in range(blocks):
                    layers.append(_inverted_residual(inputs, outputs, dims, self.norm, step, expansion))
                    inputs, step = outputs, (1, 1, 1)
            stages.append(nn.Sequential(*layers))
            features.append(inputs)
        return Encoder(tuple(stages), tuple(features))

    def build_image_head(self, inputs: int, outputs: int, dims: int) -> nn.Module:
        """The paper's: a 1×1 convolution to 1280 maps or more, the mean over space, dropout, a linear layer."""
        wide = multiple_of_8(LAST * max(1.0, self.multiplier))
        widening = initialise(ConvolutionBlock(inputs, wide, dims, self.norm, kernel=1, activation="relu6"))
        return nn.Sequential(widening, pooled_linear(wide, outputs, dims, self.dropout))


def _inverted_residual(inputs: int, outputs: int, dims: int, norm: str, stride: Triple, expansion: int) -> nn.Module:
    inner = inputs * expansion
    layers: list[nn.Module] = []
    if expansion > 1:
        layers.append(ConvolutionBlock(inputs, inner, dims, norm, kernel=1, activation="relu6"))
    layers.append(ConvolutionBlock(inner, inner, dims, norm, stride, groups=inner, activation="relu6"))
    layers.append(ConvolutionBlock(inner, outputs, dims, norm, kernel=1, activation="none"))
    body = nn.Sequential(*layers)
    return Residual(body) if inputs == outputs and max(stride) == 1 else body
