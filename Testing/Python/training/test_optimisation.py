"""Schedule and moving average against closed forms."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from medopt.training.optimisation import FLOOR, MovingAverage, build_optimiser, learning_rate
from medopt.training.recipe import TrainingSettings


def settings(**more: object) -> TrainingSettings:
    return TrainingSettings(patch=(8, 8, 8), steps=100, learning_rate=0.01, warmup=0.1, **more)  # type: ignore[arg-type]


def test_the_rate_rises_linearly_then_falls_to_the_floor() -> None:
    s = settings()
    assert learning_rate(s, 0.05) == pytest.approx(0.005)
    assert learning_rate(s, 0.1) == pytest.approx(0.01)
    assert learning_rate(s, 0.55) == pytest.approx(0.01 * 0.5 * (1 + math.cos(math.pi / 2)))
    assert learning_rate(s, 1.0) == learning_rate(s, 7.0) == pytest.approx(0.01 * FLOOR)
    rates = [learning_rate(s, n / 200) for n in range(20, 201)]
    assert rates == sorted(rates, reverse=True)


def test_the_polynomial_schedule() -> None:
    assert learning_rate(settings(schedule="polynomial"), 0.55) == pytest.approx(0.01 * 0.5**0.9)


def test_norms_and_biases_are_not_decayed() -> None:
    network = nn.Sequential(nn.Conv3d(1, 4, 3), nn.BatchNorm3d(4))
    decayed, plain = build_optimiser(network, settings(weight_decay=0.1)).param_groups
    assert [p.ndim for p in decayed["params"]] == [5]
    assert [p.ndim for p in plain["params"]] == [1, 1, 1]
    assert (decayed["weight_decay"], plain["weight_decay"]) == (0.1, 0.0)


def test_the_moving_average_is_the_recursion_by_hand() -> None:
    network = nn.BatchNorm1d(1)
    average = MovingAverage(network, 0.5)
    expected = 1.0
    for n, value in enumerate([2.0, -1.0, 5.0, 0.5], start=1):
        with torch.no_grad():
            network.weight.fill_(value)
        network.num_batches_tracked.fill_(n)
        average.update(network)
        decay = min(0.5, (1 + n) / (10 + n))
        expected = decay * expected + (1 - decay) * value
    assert float(average.state["weight"]) == pytest.approx(expected)
    assert int(average.state["num_batches_tracked"]) == 4
