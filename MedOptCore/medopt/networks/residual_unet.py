"""The U-Net with a residual encoder (He et al. 2016; Isensee et al. 2024, 'nnU-Net revisited')."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator
from torch import Tensor, nn

from medopt.networks.layers import LEAK, ConvolutionBlock, average_pool, convolution, normalization
from medopt.networks.settings import Triple
from medopt.networks.unet_family import UNetFamily


class ResidualUNet(UNetFamily):
    """Residual blocks in the encoder, plain convolutions in the decoder."""

    name: Literal["residual_unet"] = "residual_unet"
    blocks: tuple[Annotated[int, Field(ge=1, le=12)], ...] | None = None
    """Residual blocks of each stage of the encoder; as many as ``convolutions`` when left out."""

    @model_validator(mode="after")
    def _blocks_agree(self) -> ResidualUNet:
        if self.blocks is not None and len(self.blocks) != len(self.strides):
            raise ValueError(
                f"blocks has {len(self.blocks)} stages and strides {len(self.strides)}; give as many of each"
            )
        return self

    def blocks_of(self, stage: int) -> int:
        """Blocks of the encoder's stage."""
        return self.convolutions if self.blocks is None else self.blocks[stage]

    def block(self, inputs: int, outputs: int, dims: int, stride: Triple = (1, 1, 1)) -> nn.Module:
        """Two convolutions and a shortcut."""
        return ResidualBlock(inputs, outputs, dims, self.norm, stride)


class ResidualBlock(nn.Module):
    """Two convolutions with a shortcut (He et al. 2016); the shortcut is average-pooled and 1×1-projected as needed."""

    def __init__(self, inputs: int, outputs: int, dims: int, norm: str, stride: Sequence[int] = (1, 1, 1)) -> None:
        super().__init__()
        self.first = ConvolutionBlock(inputs, outputs, dims, norm, stride)
        self.second = convolution(outputs, outputs, dims)
        self.norm = normalization(norm, outputs, dims)
        self.activation = nn.LeakyReLU(LEAK, inplace=True)
        shortcut: list[nn.Module] = [average_pool(dims, stride)] if max(stride) > 1 else []
        if inputs != outputs:
            shortcut += [convolution(inputs, outputs, dims, kernel=1), normalization(norm, outputs, dims)]
        self.shortcut = nn.Sequential(*shortcut)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, *space) to (batch, outputs, *space / stride)."""
        return self.activation(self.norm(self.second(self.first(x))) + self.shortcut(x))
