"""What the U-Nets share: an encoder of blocks, as many of them and as wide as the recipe says."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Literal

from pydantic import Field, model_validator
from torch import nn

from medopt.errors import MedOptError
from medopt.networks.decoder import DecoderPlan
from medopt.networks.encoder import Encoder
from medopt.networks.settings import NetworkSettings, Stride, Triple, Width


class UNetFamily(NetworkSettings):
    """``features`` and ``strides`` have one entry a stage, from full resolution down; the stride is the step with
    which a stage reduces the one before it, along (k, j, i). In 2D the first number of each stride is 1.
    """

    features: tuple[Width, ...] = Field((32, 64, 128, 256), min_length=2, max_length=8)
    """Feature maps of each stage."""
    strides: tuple[Stride, ...] = ((1, 1, 1), (2, 2, 2), (2, 2, 2), (2, 2, 2))
    """Reduction at each stage along (k, j, i); the first is usually 1."""
    convolutions: Annotated[int, Field(ge=1, le=6)] = 2
    """Convolutions (or residual blocks) a stage."""
    norm: Literal["instance", "batch"] = "instance"
    """Normalization after each convolution."""
    fine_head: bool = False
    """Whether dense outputs get the image's grid though the first stride reduces it: a few maps of level 0 are then
    brought up to it, and the image beside them gives the edges."""

    @model_validator(mode="after")
    def _stages_agree(self) -> UNetFamily:
        if len(self.features) != len(self.strides):
            raise ValueError(
                f"features has {len(self.features)} stages and strides {len(self.strides)}; give as many of each"
            )
        return self

    @property
    def steps(self) -> tuple[Triple, ...]:
        """The strides."""
        return self.strides

    @property
    def output_stride(self) -> Triple:
        """Voxels of the input along (k, j, i) that a voxel of dense outputs covers."""
        return (1, 1, 1) if self.fine_head and self.output_level == 0 else super().output_stride

    @abstractmethod
    def block(self, inputs: int, outputs: int, dims: int, stride: Triple = (1, 1, 1)) -> nn.Module:
        """One block of the encoder."""

    def blocks_of(self, stage: int) -> int:
        """Blocks of the encoder's stage."""
        return self.convolutions

    def build_encoder(self, channels: int, dims: int) -> Encoder:
        """Stages of blocks; the first block of each reduces."""
        stages, inputs = [], channels
        for number, (width, stride) in enumerate(zip(self.features, self.strides, strict=True)):
            first = self.block(inputs, width, dims, stride)
            rest = [self.block(width, width, dims) for _ in range(self.blocks_of(number) - 1)]
            stages.append(nn.Sequential(first, *rest))
            inputs = width
        return Encoder(tuple(stages), self.features)

    def decoder_plan(self) -> DecoderPlan:
        """Plain convolutions, as wide as the encoder at each level."""
        return DecoderPlan(self.features[:-1], self.norm, self.convolutions, fine_head=self.fine_head)


def coarser(network: NetworkSettings) -> UNetFamily:
    """The U-Net without its finest level; its answers stay on the same grid.

    Raises MedOptError for another network, and for one with too few levels or whose first stride reduces already.
    """
    if not isinstance(network, UNetFamily) or len(network.strides) < 3 or max(network.strides[0]) > 1:
        raise MedOptError(
            "this network has no finest level to leave out",
            where="coarse",
            expected="a U-Net of three levels or more, the first of the image's resolution",
            found=network.name,
        )
    values = network.model_dump()
    values |= {"features": network.features[1:], "strides": network.strides[1:]}
    if values.get("blocks"):
        values["blocks"] = values["blocks"][1:]
    values |= {"output_level": max(0, network.output_level - 1), "fine_head": network.output_level == 0}
    return type(network).model_validate(values)
