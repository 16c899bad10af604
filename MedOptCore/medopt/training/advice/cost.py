"""What a network costs: counted on shapes alone, without memory and without computing anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

FLOAT = 4
"""Bytes of a float32."""
PER_PARAMETER = 5
"""Numbers kept a parameter: the weight, its gradient, two moments of AdamW, the moving average."""
MARGIN = 1.3
"""Gradients of activations that live at the same time, and what the allocator cannot use."""


@dataclass(frozen=True)
class Cost:
    """Of one network on one patch.

    Parameters
    ----------
    parameters : trainable numbers
    multiply_adds : of a forward pass of one patch
    activations : numbers that the backward pass needs of one patch
    """

    parameters: int
    multiply_adds: int
    activations: int

    def step_bytes(self, batch_size: int) -> int:
        """Memory of a training step in float32, estimated."""
        return int(FLOAT * (MARGIN * self.activations * batch_size + PER_PARAMETER * self.parameters))


def cost_of(build: Callable[[], nn.Module], channels: int, space: Sequence[int]) -> Cost:
    """The cost of what ``build`` makes, for one patch of ``space`` voxels along (k, j, i) or (j, i).

    Convolutions and linear layers are counted; the rest is little beside them. Nothing is drawn from torch's random
    numbers.
    """
    with torch.device("meta"):
        network = build().train()
    found = {"multiply_adds": 0, "activations": channels * _product(space)}

    def count(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        if not isinstance(output, Tensor):
            return
        if not getattr(module, "inplace", False):
            found["activations"] += output.numel()
        found["multiply_adds"] += _multiply_adds(module, inputs[0], output)

    hooks = [m.register_forward_hook(count) for m in network.modules() if not list(m.children())]
    try:
        network(torch.empty(1, channels, *space, device="meta"))
    finally:
        for hook in hooks:
            hook.remove()
    parameters = sum(p.numel() for p in network.parameters() if p.requires_grad)
    return Cost(parameters, found["multiply_adds"], found["activations"])


def _multiply_adds(module: nn.Module, given: Tensor, output: Tensor) -> int:
    if isinstance(module, nn.Linear):
        return output.numel() * module.in_features
    weight = getattr(module, "weight", None)
    if weight is None or not hasattr(module, "kernel_size"):
        return 0
    moved = given if getattr(module, "transposed", False) else output
    return moved.numel() * weight[0].numel()


def _product(space: Sequence[int]) -> int:
    result = 1
    for side in space:
        result *= side
    return result
