"""How long a training step takes on this machine: measured once in a second or two, and kept in the project's cache."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import torch
from torch import nn

from medopt.errors import MedOptError
from medopt.files import read_json, write_json
from medopt.training.advice.machine import Machine

REPEATS = 2
"""Measurements, of which the faster counts; the first is warming up."""
MOST_MULTIPLY_ADDS = 1e10
"""Of the forward passes of a measured step; larger steps are measured on a part of the patch."""
FEW = 2
"""Patches that are measured at least, where a step has as many."""
SHARED = 0.9
"""n threads are n to this power times as fast as one. A CPU is measured on one thread by its processor time, which
other programs hardly lengthen: so advice does not change with what else the computer does."""


def step_seconds(
    build: Callable[[], nn.Module],
    channels: int,
    space: Sequence[int],
    batch_size: int,
    multiply_adds: int,
    divisor: Sequence[int],
    machine: Machine,
    cache: Path | None,
) -> float | None:
    """Seconds of a forward and a backward pass of ``batch_size`` patches of ``space`` voxels; None when it fails.

    A step of more than MOST_MULTIPLY_ADDS is measured with FEW patches whose sides are halved, in multiples of
    ``divisor``, and scaled by the voxels. ``multiply_adds`` are those of one patch. What was measured before of an
    equal network on an equal machine is taken from the file ``cache``, so that advice repeats. torch's random numbers
    stay as they are.
    """
    small, count = _measurable(space, batch_size, multiply_adds, divisor)
    with torch.device("meta"):
        described = str(build())
    key = hashlib.sha256(json.dumps([described, channels, small, count, machine.key, torch.__version__]).encode())
    name = key.hexdigest()[:24]
    known = _read(cache)
    if name not in known:
        measured = _measure(build, channels, small, count, machine)
        if measured is None:
            return None
        known[name] = measured
        if cache is not None:
            with suppress(MedOptError):  # a cache that cannot be written costs a second, no advice
                cache.parent.mkdir(parents=True, exist_ok=True)
                write_json(cache, known)
    return known[name] * _voxels(space) * batch_size / (_voxels(small) * count)


def _measurable(
    space: Sequence[int], batch_size: int, multiply_adds: int, divisor: Sequence[int]
) -> tuple[list[int], int]:
    """A patch and a number of patches that take a second or two; not one patch instead of several, for which CPUs have
    other, often much slower convolutions.
    """
    small, work = list(space), float(multiply_adds)
    count = max(min(batch_size, FEW), min(batch_size, int(MOST_MULTIPLY_ADDS / max(work, 1.0))))
    while work * count > MOST_MULTIPLY_ADDS:
        halves = [max(min(n, 2 * d), n // 2 // d * d) for n, d in zip(small, divisor, strict=True)]
        axis = max(range(len(small)), key=lambda a: small[a] - halves[a])
        if halves[axis] == small[axis]:
            break
        work *= halves[axis] / small[axis]
        small[axis] = halves[axis]
    return small, count


def _measure(
    build: Callable[[], nn.Module], channels: int, space: Sequence[int], count: int, machine: Machine
) -> float | None:
    device = machine.device.torch
    cuda = [device] if device.type == "cuda" else []
    threads = torch.get_num_threads()
    try:
        with torch.random.fork_rng(devices=cuda):
            network = build().to(device).train()
            batch = torch.randn(count, channels, *space, device=device)
        if device.type != "cpu":
            return min(_once(network, batch, time.perf_counter) for _ in range(REPEATS))
        torch.set_num_threads(1)
        alone = min(_once(network, batch, time.process_time) for _ in range(REPEATS))
    except (RuntimeError, AssertionError):  # out of memory, or a device that is named but not there
        return None
    finally:
        torch.set_num_threads(threads)
    return alone / threads**SHARED


def _once(network: nn.Module, batch: torch.Tensor, clock: Callable[[], float]) -> float:
    if batch.is_cuda:
        torch.cuda.synchronize()
    began = clock()
    outputs = network(batch)
    levels = outputs if isinstance(outputs, list) else [outputs]
    torch.stack([level.float().square().mean() for level in levels]).sum().backward()
    network.zero_grad(set_to_none=True)
    if batch.is_cuda:
        torch.cuda.synchronize()
    return clock() - began


def _read(cache: Path | None) -> dict[str, float]:
    if cache is None or not cache.is_file():
        return {}
    try:
        values = read_json(cache)
    except MedOptError:
        return {}
    return {str(k): float(v) for k, v in values.items()} if isinstance(values, dict) else {}


def _voxels(space: Sequence[int]) -> int:
    result = 1
    for side in space:
        result *= side
    return result
