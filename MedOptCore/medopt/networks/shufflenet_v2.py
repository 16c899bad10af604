"""ShuffleNetV2 (Ma et al. 2018): half of the maps pass each unit untouched, then the maps are shuffled."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import torch
from pydantic import AfterValidator
from torch import Tensor, nn

from medopt.networks.backbone import Backbone
from medopt.networks.encoder import Encoder, pooled_linear
from medopt.networks.layers import Concatenated, ConvolutionBlock, initialise, max_pool
from medopt.networks.settings import Triple, Width

MULTIPLIERS = {"S": 0.5, "M": 1.0, "L": 2.0}
WIDTHS = {
    0.5: (48, 96, 192, 1024),
    1.0: (116, 232, 464, 1024),
    1.5: (176, 352, 704, 1024),
    2.0: (244, 488, 976, 2048),
}
"""Feature maps of the three stages and of the last convolution, by the paper's complexity (table 5)."""
FIRST = 24
UNITS = (4, 8, 4)


def _known(width: float) -> float:
    if width not in WIDTHS:
        raise ValueError(f"the paper has the widths {', '.join(map(str, WIDTHS))}")
    return width


class ShuffleNetV2(Backbone):
    """Complexity 0.5 (S), 1.0 (M) or 2.0 (L), or 1.5 by ``width``."""

    light: ClassVar[bool] = True

    name: Literal["shufflenet_v2"] = "shufflenet_v2"
    width: Annotated[float, AfterValidator(_known)] | None = None
    """0.5, 1.0, 1.5 or 2.0 in place of the size's."""
    decoder: tuple[Width, ...] = (16, 16, 24, 40, 80)

    @property
    def widths(self) -> tuple[int, int, int, int]:
        """Feature maps of the three stages and of the last convolution."""
        return WIDTHS[MULTIPLIERS[self.size] if self.width is None else self.width]

    def build_encoder(self, channels: int, dims: int) -> Encoder:
        """The image, the first convolution, the pooling, three stages; the last widening belongs to the classifier."""
        first, pool, *others = self.strides
        stem = ConvolutionBlock(channels, FIRST, dims, self.norm, first, activation="relu")
        stages: list[nn.Module] = [nn.Identity(), stem, max_pool(dims, pool)]
        inputs = FIRST
        for width, units, stride in zip(self.widths, UNITS, others, strict=False):
            rest = [_unit(width, dims, self.norm) for _ in range(units - 1)]
            stages.append(nn.Sequential(_reducing_unit(inputs, width, dims, self.norm, stride), *rest))
            inputs = width
        return Encoder(tuple(stages), (channels, FIRST, FIRST, *self.widths[:3]))

    def build_image_head(self, inputs: int, outputs: int, dims: int) -> nn.Module:
        """The paper's: a widening 1×1 convolution, the mean over space, a linear layer."""
        wide = self.widths[3]
        widening = initialise(ConvolutionBlock(inputs, wide, dims, self.norm, kernel=1, activation="relu"))
        return nn.Sequential(widening, pooled_linear(wide, outputs, dims, self.dropout))


def _branch(inputs: int, width: int, dims: int, norm: str, stride: Triple) -> nn.Module:
    return nn.Sequential(
        ConvolutionBlock(inputs, width, dims, norm, kernel=1, activation="relu"),
        ConvolutionBlock(width, width, dims, norm, stride, groups=width, activation="none"),
        ConvolutionBlock(width, width, dims, norm, kernel=1, activation="relu"),
    )


def _unit(features: int, dims: int, norm: str) -> nn.Module:
    half = features // 2
    return nn.Sequential(HalfPassed(_branch(half, half, dims, norm, (1, 1, 1))), Shuffle())


def _reducing_unit(inputs: int, outputs: int, dims: int, norm: str, stride: Triple) -> nn.Module:
    half = outputs // 2
    beside = nn.Sequential(
        ConvolutionBlock(inputs, inputs, dims, norm, stride, groups=inputs, activation="none"),
        ConvolutionBlock(inputs, half, dims, norm, kernel=1, activation="relu"),
    )
    return nn.Sequential(Concatenated(beside, _branch(inputs, half, dims, norm, stride)), Shuffle())


class HalfPassed(nn.Module):
    """The first half of the maps as it is, and what ``branch`` makes of the second."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, x: Tensor) -> Tensor:
        """(batch, features, *space), same shape."""
        passed, changed = x.chunk(2, dim=1)
        return torch.cat([passed, self.branch(changed)], dim=1)


class Shuffle(nn.Module):
    """Maps of the first and the second half in turn."""

    def forward(self, x: Tensor) -> Tensor:
        """(batch, features, *space), same shape."""
        return x.unflatten(1, (2, -1)).transpose(1, 2).flatten(1, 2)
