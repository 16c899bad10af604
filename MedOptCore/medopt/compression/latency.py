"""How long models take for one patch, measured in turn so that a busy moment of the machine counts for all."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import onnx
from numpy.typing import NDArray

from medopt.inference import Model
from medopt.inference.runtimes import open_runtime

ROUNDS = 9
"""For models that are not packages yet."""


def patch_latencies(models: Mapping[str, Model], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each model for one patch of its description, by name: one a round, after one to warm up."""
    windows = {name: _window(model) for name, model in models.items()}
    return in_turn({name: partial(model.runtime, windows[name]) for name, model in models.items()}, rounds)


def milliseconds(models: Sequence[onnx.ModelProto], window: NDArray[np.float32], dims: int, engine: str) -> list[float]:
    """Of each model, which need not be a package yet, for one window (1, channel, k, j, i): medians over rounds.

    Raises MedOptError when the engine is not installed or cannot run a model.
    """
    with tempfile.TemporaryDirectory(prefix="medopt-latency-") as folder:
        calls = {}
        for number, model in enumerate(models):
            path = Path(folder) / f"{number}.onnx"
            onnx.save(model, path)
            calls[str(number)] = partial(open_runtime(engine, path, dims), window)
        return [median(times) for times in in_turn(calls, ROUNDS).values()]


def in_turn(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each call by name: one a round, after one round to warm up.

    In each round every call is made once, one after another, in an order that moves on by one a round.
    """
    names = list(calls)
    found: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        first = turn % len(names) if names else 0
        for name in (*names[first:], *names[:first]):
            began = time.perf_counter()
            calls[name]()
            if turn:
                found[name].append(1000 * (time.perf_counter() - began))
    return found


def times_faster(times: Sequence[float], teacher: Sequence[float]) -> float:
    """Than the teacher: the median over rounds of the teacher's time divided by the model's of the same round."""
    return median(slow / fast for fast, slow in zip(times, teacher, strict=True))


def _window(model: Model) -> NDArray[np.float32]:
    """Noise: what is in it does not change the time."""
    wanted = model.description
    sides = [-(-side // d) * d for side, d in zip(wanted.patch, wanted.divisor, strict=True)]
    return np.random.default_rng(0).normal(size=(1, len(wanted.channels), *sides)).astype(np.float32)
