"""Single weights become zero while a network trains (Zhu & Gupta, "To prune, or not to prune", 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from medopt.compression.continued import Continued
from medopt.compression.distill.teacher import Teacher
from medopt.compression.settings import SparsifySettings
from medopt.training.optimisation import MovingAverage

UPDATES = 50
"""How often more weights become zero, until the final share is reached."""


def sparsity_at(share: float, amount: float, until: float) -> float:
    """Share of zeros when ``share`` of the training has passed: ``amount`` · (1 - (1 - share / until)³), ``amount``
    from ``until`` on. It rises in ``UPDATES`` steps, fast while there is much to spare.
    """
    passed = min(1.0, share / until)
    passed = int(passed * UPDATES + 1e-9) / UPDATES
    return float(amount * (1 - (1 - passed) ** 3))


def prunable(network: nn.Module) -> dict[str, Tensor]:
    """Weights of convolutions and linear layers by name; norms and biases stay."""
    return {name: p for name, p in network.named_parameters() if p.ndim > 1}


@torch.no_grad()
def masks_for(weights: Mapping[str, Tensor], sparsity: float, scope: Literal["global", "layer"]) -> dict[str, Tensor]:
    """Where each weight stays: all but the share ``sparsity`` of smallest magnitude, of all together or of each tensor.

    Zeros are the smallest, so what was removed stays removed.
    """
    sizes = {name: value.detach().abs() for name, value in weights.items()}
    if scope == "layer":
        return {name: size > _threshold(size.flatten(), sparsity) for name, size in sizes.items()}
    level = _threshold(torch.cat([size.flatten() for size in sizes.values()]), sparsity)
    return {name: size > level for name, size in sizes.items()}


def _threshold(sizes: Tensor, sparsity: float) -> float:
    """The largest size that goes; -1 when none does."""
    count = min(round(sparsity * len(sizes)), len(sizes) - 1)
    return float(sizes.kthvalue(count).values) if count else -1.0


def zeros_in(network: nn.Module) -> dict[str, float]:
    """Share of zeros of each prunable tensor by name."""
    return {name: float((value == 0).float().mean()) for name, value in prunable(network).items()}


class SparsifyCourse(Continued):
    """The parent learns on while its smallest weights become zero and stay so.

    The masks need no place of their own: a weight that is exactly zero is masked.

    Parameters
    ----------
    source : folder of the run that it begins from
    settings : of the step
    teacher : whose answers it learns from, too
    """

    def __init__(self, source: Path, settings: SparsifySettings, teacher: Teacher | None = None) -> None:
        super().__init__(source, teacher)
        self._settings = settings
        self._masks: dict[str, Tensor] = {}
        self._sparsity = 0.0

    def resumed(self, network: nn.Module) -> None:
        """What is zero stays zero."""
        self._masks = {name: value.detach() != 0 for name, value in prunable(network).items()}
        self._sparsity = 0.0
        super().resumed(network)

    @torch.no_grad()
    def stepped(self, network: nn.Module, average: MovingAverage, share: float) -> None:
        """Mask the weights and their average, more of them when it is time."""
        weights = prunable(network)
        for name, mask in self._masks.items():
            weights[name].mul_(mask)
        wanted = sparsity_at(share, self._settings.amount, self._settings.until)
        if wanted > self._sparsity:
            self._sparsity = wanted
            self._masks = masks_for(weights, wanted, self._settings.scope)
            for name, mask in self._masks.items():
                weights[name].mul_(mask)
        for name, mask in self._masks.items():
            average.state[name].mul_(mask)

    def ready(self, share: float) -> bool:
        """Whether all that shall be zero is: weights from before must not be chosen as the best."""
        return share >= self._settings.until
