"""How much arithmetic a step is, and how much this machine can do at most."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from medopt.training.running_settings import Precision

SIDE = {"cpu": 1024, "cuda": 8192}
"""Side of the square matrices whose product is timed; large enough to keep all cores busy."""
PRODUCTS = 5
"""Timed products; the fastest counts, since a peak is asked for."""


def step_flops(network: nn.Module, shape: Sequence[int]) -> int:
    """Floating-point operations of one forward and backward pass over inputs of ``shape`` (batch, channel, *space).

    A multiply-add counts as two. Convolutions and matrix products count; norms, activations and losses do not, as is
    usual where a share of the peak is told (Chowdhery et al. 2022, PaLM, appendix B). The input needs no gradient, so
    the first layer's backward pass costs half. Counted on tensors without memory: nothing is computed, and neither
    weights nor counters of norms change. Raises RuntimeError when the network has an operation without such a form.
    """
    trial = copy.deepcopy(network).to("meta").train()
    rules = {torch.ops.aten.convolution_backward: _convolution_backward}
    with FlopCounterMode(display=False, custom_mapping=rules) as counter:
        outputs = trial(torch.empty(tuple(shape), device="meta"))
        levels: Sequence[Tensor] = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        torch.stack([level.sum() for level in levels]).sum().backward()
    return int(counter.get_total_flops())


def _convolution_backward(
    fresh: Sequence[int],
    inputs: Sequence[int],
    weight: Sequence[int],
    _bias: object,
    _stride: object,
    _padding: object,
    _dilation: object,
    transposed: bool,
    _output_padding: object,
    _groups: int,
    wanted: Sequence[bool],
    **_: object,
) -> int:
    """As much as the forward pass for the input's gradient and for the weight's; torch's own rule counts the weight's
    ``groups`` times over. ``fresh``, ``inputs`` and ``weight`` are shapes.
    """
    space = (inputs if transposed else fresh)[2:]
    forward = 2 * inputs[0] * math.prod(space) * math.prod(weight)
    return forward * sum(wanted[:2])


def matrix_peak(device: torch.device, precision: Precision = "float32") -> float:
    """Floating-point operations a second of a large matrix product on ``device`` with torch's present threads.

    Measured once in a process for each number of threads; takes well below a second.
    """
    return _matrix_peak(str(device), precision, torch.get_num_threads())


@lru_cache(maxsize=64)
def _matrix_peak(name: str, precision: Precision, _threads: int) -> float:
    device, dtype = torch.device(name), getattr(torch, precision)
    kind = device.type
    side = SIDE.get(kind, 1024)
    with torch.random.fork_rng(devices=[device] if kind == "cuda" else []):
        a = torch.rand(side, side, device=device).to(dtype)
    seconds = []
    with torch.no_grad():
        for _ in range(PRODUCTS + 1):
            if kind == "cuda":
                torch.cuda.synchronize(device)
            began = time.perf_counter()
            a @ a
            if kind == "cuda":
                torch.cuda.synchronize(device)
            seconds.append(time.perf_counter() - began)
    return 2 * side**3 / min(seconds[1:])
