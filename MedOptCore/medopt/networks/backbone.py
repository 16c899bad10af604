"""What classifiers from the literature share, so that they also serve as encoders of a U-shaped network."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from medopt.networks.decoder import DecoderPlan
from medopt.networks.settings import NetworkSettings, Triple, Width

Size = Literal["S", "M", "L"]
Step = Annotated[int, Field(ge=1, le=2)]
"""The kernels of these networks reach over two voxels, so an axis is halved or left."""


class Backbone(NetworkSettings):
    """A classifier of a stated size, reducing the image in a stated number of steps.

    Level 0 of the pyramid is the image itself; each of the ``strides`` leads one level down. Kernels, widths and
    numbers of layers are those of the paper; in 3D they are the same along k.
    """

    light: ClassVar[bool] = False
    """Whether the decoder is made of separable convolutions too."""

    size: Size = "M"
    """Which of the paper's variants."""
    strides: tuple[tuple[Step, Step, Step], ...] = ((2, 2, 2),) * 5
    """Reduction along (k, j, i) at each of the steps; in 2D the first number of each is 1."""
    norm: Literal["batch", "instance"] = "batch"
    """Normalization after each convolution."""
    decoder: tuple[Width, ...] = (16, 32, 64, 128, 256)
    """Feature maps of the decoder at each level, from the image's resolution down (dense outputs only)."""

    @model_validator(mode="after")
    def _steps_agree(self) -> Backbone:
        known = type(self).model_fields["strides"].default
        for field, given in (("strides", self.strides), ("decoder", self.decoder)):
            if len(given) != len(known):
                raise ValueError(f"{field} has {len(given)} entries; {self.name} reduces in {len(known)} steps")
        return self

    @property
    def steps(self) -> tuple[Triple, ...]:
        """Level 0, which is the image, and the strides."""
        return ((1, 1, 1), *self.strides)

    def decoder_plan(self) -> DecoderPlan:
        """Two plain convolutions a level, or a separable one."""
        return DecoderPlan(self.decoder, self.norm, convolutions=1 if self.light else 2, light=self.light)


def stem_kernel(stride: Triple, side: int = 7) -> Triple:
    """``side`` along axes that the first layer reduces, 3 along others: coarse or small axes need no wide view."""
    k, j, i = (side if step > 1 else min(side, 3) for step in stride)
    return k, j, i
