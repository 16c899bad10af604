"""How long models take for one patch, measured in turn so that a busy moment counts for all."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from statistics import median

import numpy as np

from medopt.inference import Model


def patch_latencies(models: Mapping[str, Model], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each model for one patch of its description, by name: one a round, after one to warm up.

    In each round every model runs once, one after another, in an order that moves on by one a round.
    """
    names = list(models)
    windows = {name: _window(model) for name, model in models.items()}
    found: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        first = turn % len(names) if names else 0
        for name in (*names[first:], *names[:first]):
            began = time.perf_counter()
            models[name].runtime(windows[name])
            if turn:
                found[name].append(1000 * (time.perf_counter() - began))
    return found


def times_faster(times: Sequence[float], teacher: Sequence[float]) -> float:
    """Than the teacher: the median over rounds of the teacher's time divided by the model's of the same round."""
    return median(slow / fast for fast, slow in zip(times, teacher, strict=True))


def _window(model: Model) -> np.ndarray:
    """Noise: what is in it does not change the time."""
    wanted = model.description
    sides = [-(-side // d) * d for side, d in zip(wanted.patch, wanted.divisor, strict=True)]
    return np.random.default_rng(0).normal(size=(1, len(wanted.channels), *sides)).astype(np.float32)
