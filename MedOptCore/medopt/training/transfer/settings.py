"""What a recipe says of the weights that a training begins from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from medopt.settings import Settings

Share = Annotated[float, Field(ge=0, le=1)]


class TransferSettings(Settings):
    """Where the first weights come from, and how what was taken over learns on."""

    source: Annotated[str, Field(min_length=1)]
    """A run or a pretraining of this project by name; or the path of a run's folder, of another project's folder, of
    a MONAI bundle, or of a file with weights (safetensors, or torch's)."""
    weights: Literal["best", "last"] = "best"
    """Which checkpoint of a run; its averaged weights are taken. A pretraining, a bundle and a file have one set."""
    inflation: Literal["centre", "repeat"] = "centre"
    """How 2D kernels become 3D: in the middle plane, so that each slice begins with what the 2D network sees; or
    repeated along k and divided (Carreira & Zisserman 2017), which begins with a mean over neighbouring slices."""
    least_share: Share = 0.5
    """Share of the encoder's parameters that must come from the source, else it is refused; 0 takes whatever fits."""
    freeze: Literal["nothing", "encoder"] | Annotated[StrictInt, Field(ge=0)] = "nothing"
    """What does not learn: nothing, the encoder, or so many stages from the image on."""
    thaw: Share = 1.0
    """Share of the training after which the frozen part learns, too; 1 keeps it frozen to the end."""
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Factor on the learning rate for each transferred stage from the head down to the image (Howard & Ruder 2018)."""
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the training in which the rate of transferred weights rises from 0, once they learn: fresh weights then
    find their feet first and do not spoil the others (Kumar et al. 2022)."""
