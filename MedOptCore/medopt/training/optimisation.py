"""Optimiser, learning-rate schedule and moving average, all as functions of what the recipe says."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from medopt.training.muon import Muon
from medopt.training.recipe import TrainingSettings

FLOOR = 1e-3
"""Share of the highest learning rate that the schedule ends at, so that the last steps still learn."""


def build_optimiser(
    network: nn.Module, settings: TrainingSettings, groups: Sequence[dict[str, Any]] | None = None
) -> torch.optim.Optimizer:
    """The optimiser over all weights, or over ``groups`` of them; by default norms and biases are not decayed."""
    if groups is None:
        decayed = [p for p in network.parameters() if p.ndim > 1]
        plain = [p for p in network.parameters() if p.ndim <= 1]
        groups = [
            {"params": decayed, "weight_decay": settings.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]
    if settings.optimiser == "muon":
        return Muon(groups, settings.learning_rate)
    if settings.optimiser == "adamw":
        return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.98), eps=1e-6)
    return torch.optim.SGD(groups, lr=settings.learning_rate, momentum=0.99, nesterov=True)


def learning_rate(settings: TrainingSettings, done: float) -> float:
    """The learning rate when the share ``done`` (0…1) of the training has passed."""
    done = min(max(done, 0.0), 1.0)
    if done < settings.warmup:
        return settings.learning_rate * max(done / settings.warmup, 0.05)
    along = (done - settings.warmup) / (1 - settings.warmup)
    fall = 0.5 * (1 + math.cos(math.pi * along)) if settings.schedule == "cosine" else (1 - along) ** 0.9
    return settings.learning_rate * max(fall, FLOOR)


class MovingAverage:
    """Exponential moving average of a network's floating-point state, in float32.

    The decay grows from 0 as (1 + n) / (10 + n) up to ``decay``, so that early weights are forgotten quickly.
    Integer state (counters of batch norm) is copied.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.state = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take in the network's present state."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        averages: list[Tensor] = []
        fresh: list[Tensor] = []
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                averages.append(self.state[name])
                fresh.append(value)
            else:
                self.state[name].copy_(value)
        torch._foreach_lerp_(averages, fresh, 1 - decay)


def clip_gradient(parameters: Iterable[nn.Parameter], largest: float) -> float:
    """Scale the gradient to a norm of at most ``largest``; gives the norm before."""
    return float(nn.utils.clip_grad_norm_(list(parameters), largest))
