"""Which precision is faster on this machine: measured, since half precision without hardware for it is slower."""

from __future__ import annotations

import copy
import statistics
import time
from typing import Literal

import torch
from torch import nn

from medopt.training.recipe import TrainingSettings

REPEATS = 4
"""Measurements of each; the first is warming up."""
MARGIN = 1.15
"""bfloat16 is taken only when it is so many times faster, since float32 is the safer."""


def faster_precision(
    network: nn.Module, settings: TrainingSettings, channels: int, device: torch.device
) -> Literal["float32", "bfloat16"]:
    """The faster of the two for a forward and backward pass of one batch; neither weights nor random state change."""
    random = torch.get_rng_state()
    try:
        trial = copy.deepcopy(network).to(device).train()
        space = settings.patch[3 - settings.dims :]
        batch = torch.zeros(settings.batch_size, channels, *space, device=device)
        plain, half = [], []
        for _ in range(REPEATS):  # in turn, so that a busy moment of the machine hits both
            plain.append(_seconds(trial, batch, half=False))
            half.append(_seconds(trial, batch, half=True))
    finally:
        torch.set_rng_state(random)
    return "bfloat16" if statistics.median(half[1:]) * MARGIN < statistics.median(plain[1:]) else "float32"


def _seconds(network: nn.Module, batch: torch.Tensor, *, half: bool) -> float:
    if batch.is_cuda:
        torch.cuda.synchronize()
    began = time.perf_counter()
    with torch.autocast(batch.device.type, torch.bfloat16, enabled=half):
        outputs = network(batch)
    levels = outputs if isinstance(outputs, list) else [outputs]
    torch.stack([level.float().mean() for level in levels]).sum().backward()
    network.zero_grad(set_to_none=True)
    if batch.is_cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - began
