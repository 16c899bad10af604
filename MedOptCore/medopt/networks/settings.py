"""What a recipe says of its network."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from medopt.settings import Settings

Stride = tuple[
    Annotated[int, Field(ge=1, le=4)],
    Annotated[int, Field(ge=1, le=4)],
    Annotated[int, Field(ge=1, le=4)],
]


class NetworkSettings(Settings):
    """A network, complete: with the number of input channels and classes it can be built from this alone.

    ``features`` and ``strides`` have one entry a stage, from full resolution down; the stride is the step with
    which a stage reduces the one before it, along (k, j, i). In 2D the first number of each stride is 1.
    """

    name: Literal["unet", "residual_unet"] = "unet"
    """Which builder."""
    features: tuple[Annotated[int, Field(ge=1, le=2048)], ...] = Field((32, 64, 128, 256), min_length=2, max_length=8)
    """Feature maps of each stage."""
    strides: tuple[Stride, ...] = ((1, 1, 1), (2, 2, 2), (2, 2, 2), (2, 2, 2))
    """Reduction at each stage along (k, j, i); the first is usually 1."""
    convolutions: Annotated[int, Field(ge=1, le=6)] = 2
    """Convolutions (or residual blocks) a stage."""
    norm: Literal["instance", "batch"] = "instance"
    """Normalization after each convolution."""
    deep_supervision: bool = True
    """Whether the coarser decoder stages also learn to segment (training only)."""

    @model_validator(mode="after")
    def _stages_agree(self) -> NetworkSettings:
        if len(self.features) != len(self.strides):
            raise ValueError(
                f"features has {len(self.features)} stages and strides {len(self.strides)}; give as many of each"
            )
        return self

    @property
    def divisor(self) -> tuple[int, int, int]:
        """What each side of an input along (k, j, i) must be a multiple of."""
        k = j = i = 1
        for a, b, c in self.strides:
            k, j, i = k * a, j * b, i * c
        return k, j, i
