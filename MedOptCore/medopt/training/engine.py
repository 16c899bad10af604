"""How the arithmetic of a training step is done: precision, layout in memory, compiled or not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from medopt.training.running_settings import MemoryFormat, Precision, RunningSettings


@dataclass(frozen=True)
class Engine:
    """One way to compute a training step; what the probe has found out about it.

    Parameters
    ----------
    precision : of convolutions and matrix products
    memory_format : "channels_last" keeps the channels of a voxel side by side
    compiled : whether torch.compile makes code for this very network and patch
    ms : milliseconds of one forward and backward pass of the batch it was measured with; None when not measured
    alternatives : milliseconds of the other ways by their names; None for one that was given up or not reached
    note : what else the user should know, else empty
    """

    precision: Precision = "float32"
    memory_format: MemoryFormat = "contiguous"
    compiled: bool = False
    ms: float | None = None
    alternatives: tuple[tuple[str, float | None], ...] = ()
    note: str = ""

    @property
    def name(self) -> str:
        """In words: "bfloat16, channels last, compiled"."""
        layout = "" if self.memory_format == "contiguous" else ", channels last"
        return f"{self.precision}{layout}{', compiled' if self.compiled else ''}"

    @property
    def sentence(self) -> str:
        """What was chosen, and beside what, for the user."""
        note = f" {self.note}" if self.note else ""
        if self.ms is None:
            return f"A step runs in {self.name}.{note}" if note else f"A step runs in {self.name}, as it was asked for."
        measured = ", ".join(f"{name} {ms:.3g} ms" for name, ms in self.alternatives if ms is not None)
        beside = f"; measured beside it: {measured}" if measured else "; nothing else was measured"
        return f"A step runs in {self.name}: {self.ms:.3g} ms{beside}.{note}"

    def settings(self, settings: RunningSettings) -> RunningSettings:
        """``settings`` with nothing left open."""
        decided = {"precision": self.precision, "memory_format": self.memory_format, "compile": self.compiled}
        return settings.model_copy(update=decided)

    # ---- what a loop does with it ------------------------------------------------------------------------------

    def lay(self, tensor: Tensor) -> Tensor:
        """``tensor`` (batch, channel, *space) in this layout; of other ranks as it is."""
        if self.memory_format == "contiguous" or tensor.ndim not in _CHANNELS_LAST:
            return tensor
        return tensor.contiguous(memory_format=_CHANNELS_LAST[tensor.ndim])

    def forward(self, network: nn.Module) -> Callable[[Tensor], Any]:
        """The network, laid out in place, as the function that the steps call.

        Validation and checkpoints go on using ``network``: its weights are the same tensors under the same names, and
        it is never compiled for the sizes of whole images.
        """
        if self.memory_format == "channels_last":
            for parameter in network.parameters():
                parameter.data = self.lay(parameter.data)
        return torch.compile(network, dynamic=False) if self.compiled else network

    def autocast(self, device: torch.device) -> AbstractContextManager[Any]:
        """The context in which the forward pass runs."""
        half = torch.float16 if self.precision == "float16" else torch.bfloat16
        return torch.autocast(device.type, half, enabled=self.precision != "float32")

    def scaler(self, device: torch.device) -> torch.amp.GradScaler:
        """Scales the loss so that float16 gradients do not vanish; does nothing in the other precisions."""
        return torch.amp.GradScaler(device.type, enabled=self.precision == "float16")


_CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}
