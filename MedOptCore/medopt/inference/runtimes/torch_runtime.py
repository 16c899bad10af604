"""torch: runs a network as it was trained."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn


class TorchRuntime:
    """A torch network in evaluation mode.

    Parameters
    ----------
    network : gives logits; it is put into evaluation mode while it runs and left as it was
    dims : 2 when the network takes (batch, channel, j, i), else 3
    device : where it runs; the network must already be there
    bfloat16 : compute convolutions in bfloat16
    """

    def __init__(
        self, network: nn.Module, dims: int, device: str | torch.device = "cpu", *, bfloat16: bool = False
    ) -> None:
        self._network, self._dims, self._device, self._bfloat16 = network, dims, torch.device(device), bfloat16

    @property
    def name(self) -> str:
        """Engine, version and device."""
        return f"torch {torch.__version__} ({self._device.type})"

    @torch.inference_mode()
    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """See ``medopt.inference.Runtime``."""
        x = torch.from_numpy(np.ascontiguousarray(windows)).to(self._device)
        was_training = self._network.training
        self._network.eval()
        try:
            with torch.autocast(self._device.type, torch.bfloat16, enabled=self._bfloat16):
                y = self._network(x[:, :, 0] if self._dims == 2 else x)
        finally:
            self._network.train(was_training)
        y = y[:, :, None] if self._dims == 2 and y.ndim == 4 else y
        return y.float().cpu().numpy()
