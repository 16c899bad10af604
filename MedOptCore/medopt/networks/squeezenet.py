"""SqueezeNet (Iandola et al. 2016): few parameters, by squeezing before each 3×3 convolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from torch import nn

from medopt.networks.backbone import Backbone, Step, stem_kernel
from medopt.networks.encoder import Encoder
from medopt.networks.layers import Concatenated, ConvolutionBlock, Residual, convolution, global_pool, max_pool
from medopt.networks.settings import Width

Fire = tuple[int, int]
"""Feature maps of the squeezing convolution, and of each of the two that expand."""


@dataclass(frozen=True)
class Variant:
    """Width and kernel of the first convolution, and the fire modules between the poolings."""

    first: int
    kernel: int
    fires: tuple[tuple[Fire, ...], ...]
    bypass: bool = False


_ORIGINAL: tuple[tuple[Fire, ...], ...] = (
    ((16, 64), (16, 64), (32, 128)),
    ((32, 128), (48, 192), (48, 192), (64, 256)),
    ((64, 256),),
)
_LEANER: tuple[tuple[Fire, ...], ...] = (
    ((16, 64), (16, 64)),
    ((32, 128), (32, 128)),
    ((48, 192), (48, 192), (64, 256), (64, 256)),
)
VARIANTS = {
    "S": Variant(64, 3, _LEANER),
    "M": Variant(96, 7, _ORIGINAL),
    "L": Variant(96, 7, _ORIGINAL, bypass=True),
}
"""Version 1.1, which pools earlier and takes 2.4 times less work; version 1.0; version 1.0 with simple bypass."""


class SqueezeNet(Backbone):
    """S is version 1.1, M 1.0, L 1.0 with the paper's simple bypass (no more parameters, shortcuts that train better).

    Differs from the paper: convolutions and poolings are padded, so that each step exactly halves; a norm follows
    each convolution, without which training from scratch is slow (``norm: none`` gives the paper's); the logits are
    not cut off at zero.
    """

    light: ClassVar[bool] = True

    name: Literal["squeezenet"] = "squeezenet"
    strides: tuple[tuple[Step, Step, Step], ...] = ((2, 2, 2),) * 4
    norm: Literal["batch", "instance", "none"] = "batch"  # type: ignore[assignment]
    decoder: tuple[Width, ...] = (16, 24, 40, 80)
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5

    def build_encoder(self, channels: int, dims: int) -> Encoder:
        """The image, the first convolution, then poolings and fire modules."""
        variant = VARIANTS[self.size]
        first, *others = self.strides
        kernel = stem_kernel(first, variant.kernel)
        stem = ConvolutionBlock(channels, variant.first, dims, self.norm, first, kernel=kernel, activation="relu")
        stages: list[nn.Module] = [nn.Identity(), stem]
        features, width = [channels, variant.first], variant.first
        for fires, stride in zip(variant.fires, others, strict=True):
            layers: list[nn.Module] = [max_pool(dims, stride)]
            for squeeze, expand in fires:
                fire = _fire(width, squeeze, expand, dims, self.norm)
                layers.append(Residual(fire) if variant.bypass and width == 2 * expand else fire)
                width = 2 * expand
            stages.append(nn.Sequential(*layers))
            features.append(width)
        return Encoder(tuple(stages), tuple(features))

    def build_image_head(self, inputs: int, outputs: int, dims: int) -> nn.Module:
        """The paper's: dropout, a 1×1 convolution, the mean over space."""
        last = convolution(inputs, outputs, dims, kernel=1, bias=True)
        nn.init.normal_(last.get_parameter("weight"), std=0.01)
        nn.init.zeros_(last.get_parameter("bias"))
        return nn.Sequential(nn.Dropout(self.dropout), last, global_pool(dims), nn.Flatten())


def _fire(inputs: int, squeeze: int, expand: int, dims: int, norm: str) -> nn.Module:
    return nn.Sequential(
        ConvolutionBlock(inputs, squeeze, dims, norm, kernel=1, activation="relu"),
        Concatenated(
            ConvolutionBlock(squeeze, expand, dims, norm, kernel=1, activation="relu"),
            ConvolutionBlock(squeeze, expand, dims, norm, activation="relu"),
        ),
    )
