"""Muon: a step in which all directions of a weight matrix count alike, for fewer steps to the same network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic iteration (Jordan et al. 2024): they bring singular values to about 1 in five rounds, not exactly."""
ROUNDS = 5
LEAST_SIDE = 8
"""Matrices with a shorter side have few directions to balance; the layers that answer are among them."""
RMS = 0.2
"""Root mean square of an update at learning rate 1, about what AdamW's updates have (Liu et al. 2025), so that both
kinds of weights learn at one rate."""


class Muon(torch.optim.Optimizer):
    """Muon for convolutions and linear layers, AdamW for all other weights.

    The momentum of a weight, as a matrix (first axis × all others), is replaced by the nearest matrix with equal
    singular values before it is subtracted (Jordan et al., "Muon: an optimizer for hidden layers in neural networks",
    2024; Nesterov momentum, decoupled weight decay). Norms, biases, depthwise and very small convolutions take AdamW.
    ``params`` may be groups with ``lr`` and ``weight_decay`` of their own. All state is tensors in float32.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        *,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.98),
        eps: float = 1e-6,
        weight_decay: float = 0.0,
    ) -> None:
        values = {"lr": lr, "momentum": momentum, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, values)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every weight that has a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                change = self._balanced if is_matrix(weight) else self._scaled
                weight.add_(change(weight, group), alpha=-group["lr"])
        return loss

    def _balanced(self, weight: Tensor, group: dict[str, Any]) -> Tensor:
        state, gradient = self.state[weight], weight.grad
        assert gradient is not None
        if not state:
            state["mean"] = torch.zeros_like(weight)
        mean = state["mean"].lerp_(gradient, 1 - group["momentum"])
        ahead = torch.lerp(gradient, mean, group["momentum"]).flatten(1)
        return (orthogonalised(ahead) * (RMS * max(ahead.shape) ** 0.5)).view_as(weight)

    def _scaled(self, weight: Tensor, group: dict[str, Any]) -> Tensor:
        state, gradient = self.state[weight], weight.grad
        first, second = group["betas"]
        if not state:
            state.update(mean=torch.zeros_like(weight), square=torch.zeros_like(weight))
            state["step"] = torch.zeros((), dtype=torch.float32)
        state["step"] += 1
        count = float(state["step"])
        state["mean"].lerp_(gradient, 1 - first)
        state["square"].mul_(second).addcmul_(gradient, gradient, value=1 - second)
        spread = (state["square"] / (1 - second**count)).sqrt_().add_(group["eps"])
        return (state["mean"] / (1 - first**count)).div_(spread)


def is_matrix(weight: Tensor) -> bool:
    """Whether a weight mixes features enough to be balanced: no norm, bias, depthwise or very small convolution."""
    return weight.ndim > 1 and weight.shape[1] > 1 and min(weight.shape[0], weight[0].numel()) >= LEAST_SIDE


def balancing_work(network: nn.Module) -> int:
    """Multiply-adds that Muon's products take in each step, whatever the batch."""
    total = 0
    for weight in network.parameters():
        if is_matrix(weight):
            short, long = sorted((weight.shape[0], weight[0].numel()))
            total += ROUNDS * (2 * short * short * long + short**3)
    return total


def orthogonalised(matrix: Tensor) -> Tensor:
    """``matrix`` (m, n) with its singular values brought to about 1 (0.7 to 1.2) and its singular vectors kept.

    Zeros stay zeros. Computed in float32 by products alone, which is fast on any device.
    """
    tall = matrix.shape[0] > matrix.shape[1]
    x = (matrix.T if tall else matrix).float()
    x = x / (x.norm() + 1e-12)
    a, b, c = COEFFICIENTS
    for _ in range(ROUNDS):
        gram = x @ x.T
        x = torch.addmm(x, b * gram + c * gram @ gram, x, beta=a)
    return x.T if tall else x
