"""Measured times scale with voxels, repeat from the cache, and leave random numbers alone."""

from __future__ import annotations

import json
import math

import pytest
import torch
from torch import nn

from medopt.training.advice import speed
from medopt.training.advice.speed import step_seconds


def build() -> nn.Module:
    return nn.Conv2d(1, 2, 3, padding=1)


def seconds(machine, cache, *, space=(64, 64), batch: int = 2, adds: float = 1e6, divisor=(1, 1)) -> float | None:
    return step_seconds(build, 1, space, batch, adds, divisor, machine(), cache)


def test_a_measured_time_is_kept_and_taken_again(machine, tmp_path, monkeypatch) -> None:
    cache = tmp_path / "deep" / "speed.json"
    first = seconds(machine, cache)
    assert first is not None
    assert first > 0
    monkeypatch.setattr(speed, "_measure", lambda *a: pytest.fail("measured anew"))
    assert seconds(machine, cache) == first
    kept = json.loads(cache.read_text())
    assert list(kept.values()) == [first]


def test_another_network_machine_or_batch_is_measured_anew(machine, tmp_path) -> None:
    cache = tmp_path / "speed.json"
    seconds(machine, cache)
    seconds(machine, cache, batch=3)
    step_seconds(lambda: nn.Conv2d(1, 5, 3, padding=1), 1, (64, 64), 2, 1e6, (1, 1), machine(), cache)
    assert len(json.loads(cache.read_text())) == 3


def test_large_steps_are_measured_on_a_part_and_scaled(machine, monkeypatch) -> None:
    tried: list[tuple[list[int], int]] = []

    def measure(build, channels, space, count, machine) -> float:
        tried.append((list(space), count))
        return 1.0

    monkeypatch.setattr(speed, "_measure", measure)
    whole = speed.MOST_MULTIPLY_ADDS  # of one patch
    found = step_seconds(build, 1, (96, 96, 96), 5, whole, (16, 16, 16), machine(), None)
    space, count = tried[0]
    assert (count, math.prod(space)) == (2, 96 * 96 * 48)  # one patch alone would be measured with other convolutions
    assert found == pytest.approx(5 * 96**3 / (2 * 96 * 96 * 48))


def test_a_part_keeps_two_multiples_of_the_divisor(machine, monkeypatch) -> None:
    tried = []
    monkeypatch.setattr(speed, "_measure", lambda b, c, space, n, m: tried.append(list(space)) or 1.0)
    step_seconds(build, 1, (96, 96), 1, speed.MOST_MULTIPLY_ADDS * 1e6, (16, 16), machine(), None)
    assert tried == [[32, 32]]


def test_random_numbers_stay(machine) -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    seconds(machine, None)
    assert torch.rand(1) == expected


def test_a_device_that_is_not_there_has_no_time(machine) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    assert step_seconds(build, 1, (8, 8), 1, 1e3, (1, 1), machine("cuda"), None) is None


def test_a_damaged_cache_is_measured_anew(machine, tmp_path) -> None:
    cache = tmp_path / "speed.json"
    cache.write_text("{")
    assert seconds(machine, cache) is not None
    assert len(json.loads(cache.read_text())) == 1
