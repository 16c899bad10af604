"""How a pretraining hides and learns."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from medopt.settings import Settings

Side = Annotated[int, Field(ge=1, le=256)]


class PretrainSettings(Settings):
    """Masked-volume reconstruction: blocks of a patch are hidden, the network guesses them from what is left."""

    hidden: Annotated[float, Field(gt=0, lt=1)] = 0.75
    """Share of the blocks that are hidden."""
    block: tuple[Side, Side, Side] | None = None
    """Voxels (k, j, i) of a block; by default what a voxel of the deepest features covers, at most a quarter of a
    side of the patch."""
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 1e-3
    """Highest learning rate, reached after the first twentieth; it then falls as a cosine."""
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 1e-2
    """Of AdamW; norms and biases are not decayed."""
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.99
    """Decay a step of the moving average of the weights, which is what a training begins from."""
    checkpoint_seconds: Annotated[float, Field(gt=0)] = 30.0
    """At most so much work is lost by a kill."""
