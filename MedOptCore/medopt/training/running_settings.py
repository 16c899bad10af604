"""What a recipe says of how its training runs, as far as it changes the result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from medopt.settings import Settings

Precision = Literal["float32", "bfloat16", "float16"]
MemoryFormat = Literal["contiguous", "channels_last"]


class EarlyStoppingSettings(Settings):
    """When a training that no longer gains is brought to its end; see ``medopt.training.early_stopping``."""

    patience: Annotated[float, Field(gt=0, lt=1)] = 0.25
    """Share of the training over which the validation score must have stood still."""
    gain: Annotated[float, Field(gt=0, lt=1)] = 0.003
    """Gain over this time that would be worth going on for, in units of the score."""
    ending: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Share of the training that is still spent on letting the learning rate fall to its end."""


class RunningSettings(Settings):
    """What ``auto`` leaves open is measured once, when a run starts, and then noted in the run's recipe, so that a
    resumed run goes on as it began. What changes no result (device, threads, processes, trackers) is told on the
    command line instead.
    """

    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Of convolutions and matrix products; weights, losses and sums stay in float32."""
    memory_format: Literal["auto", "contiguous", "channels_last"] = "auto"
    """How feature maps lie in memory; results differ by rounding only."""
    compile: Literal["auto"] | bool = "auto"
    """Whether torch compiles the network for this machine; results differ by rounding only."""
    accumulate: Literal["auto"] | Annotated[int, Field(ge=1, le=1024)] = "auto"
    """Parts into which each batch is cut to save memory; auto cuts only as far as memory asks for."""
    deterministic: bool = False
    """Whether only operations are used that give the same bits each time, where there are such, even if slower."""
    early_stopping: EarlyStoppingSettings | None = None
    """Ends a training that no longer gains; without it the whole budget is used."""

    @property
    def open(self) -> bool:
        """Whether something is left for the machine to measure."""
        return bool(self.left_open)

    @property
    def left_open(self) -> tuple[str, ...]:
        """Fields that the machine is to decide by measuring."""
        return tuple(name for name in ("precision", "memory_format", "compile") if getattr(self, name) == "auto")

    def opened(self, names: Sequence[str]) -> RunningSettings:
        """With these fields left to the machine again: what is fastest for one network is not for another."""
        return self.model_copy(update=dict.fromkeys(names, "auto"))
