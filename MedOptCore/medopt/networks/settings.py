"""What a recipe says of its network: the part that all families share."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from medopt.settings import Settings

if TYPE_CHECKING:
    from torch import nn

    from medopt.networks.decoder import DecoderPlan
    from medopt.networks.encoder import Encoder

Side = Annotated[int, Field(ge=1, le=4)]
Stride = tuple[Side, Side, Side]
Width = Annotated[int, Field(ge=1, le=2048)]
Triple = tuple[int, int, int]


class NetworkSettings(Settings):
    """A network, complete: with the number of input channels and outputs it can be built from this alone.

    An encoder gives features at several levels, each coarser than the one before by a step along (k, j, i). A new
    family is one file with a subclass and one line in ``registry.py``: it sets ``name`` and writes ``steps``,
    ``build_encoder`` and ``decoder_plan``, and ``build_image_head`` where its paper has a classifier of its own.
    """

    name: str
    norm: str
    output_level: Annotated[int, Field(ge=0, le=6)] = 0
    """Level of the decoder whose grid dense outputs have; 0 is the finest, mostly that of the image."""
    deep_supervision: bool = True
    """Whether coarser levels of the decoder also learn (training of dense outputs only)."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Chance with which a feature is left out before the last layer (training of whole-image outputs only)."""

    @property
    @abstractmethod
    def steps(self) -> tuple[Triple, ...]:
        """Reduction (k, j, i) of each level beside the one before, from the finest level down."""

    @abstractmethod
    def build_encoder(self, channels: int, dims: int) -> Encoder:
        """Fresh stages, one a level; torch's own first weights."""

    @abstractmethod
    def decoder_plan(self) -> DecoderPlan:
        """What the decoder of dense outputs is made of."""

    def build_image_head(self, inputs: int, outputs: int, dims: int) -> nn.Module:
        """From the deepest features (batch, inputs, *space) to one vector (batch, outputs) an image."""
        from medopt.networks.encoder import pooled_linear

        return pooled_linear(inputs, outputs, dims, self.dropout)

    @model_validator(mode="after")
    def _level_exists(self) -> NetworkSettings:
        if self.output_level > max(0, len(self.steps) - 2):
            raise ValueError(f"output_level is {self.output_level}; this decoder has levels 0 to {len(self.steps) - 2}")
        return self

    @property
    def level_strides(self) -> tuple[Triple, ...]:
        """Voxels of the input along (k, j, i) that a voxel of each level covers, from the finest level down."""
        covered, (k, j, i) = [], (1, 1, 1)
        for a, b, c in self.steps:
            k, j, i = k * a, j * b, i * c
            covered.append((k, j, i))
        return tuple(covered)

    @property
    def divisor(self) -> Triple:
        """What each side of an input along (k, j, i) must be a multiple of."""
        return self.level_strides[-1]

    @property
    def output_stride(self) -> Triple:
        """Voxels of the input along (k, j, i) that a voxel of dense outputs covers."""
        return self.level_strides[self.output_level]
