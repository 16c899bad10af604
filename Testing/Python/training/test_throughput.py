"""Rates are those of the last seconds, as plain arithmetic has them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from medopt.training.throughput import FEWEST, Throughput, most_memory

CPU = torch.device("cpu")
STATUS = Path("/proc/self/status")


def test_nothing_is_told_before_the_first_step() -> None:
    meter = Throughput(CPU, flops=1e9)
    assert meter.fields() == {}
    assert meter.waiting == 0


def test_rates_and_shares_are_plain_arithmetic() -> None:
    meter = Throughput(CPU, flops=3e11, peak=8e11)
    meter.step(2, 0.5, 1.5)
    meter.step(4, 0.0, 1.0)
    fields = meter.fields()
    assert fields["samples_per_s"] == 2.0
    assert fields["data_wait_share"] == pytest.approx(0.5 / 3, abs=1e-4)
    assert fields["tflops"] == pytest.approx(0.6)
    assert fields["peak_share"] == pytest.approx(0.75)
    assert fields["memory_gib"] > 0.01
    assert meter.waiting == pytest.approx(0.5 / 3)


def test_what_is_not_known_is_absent() -> None:
    meter = Throughput(CPU)
    meter.step(1, 0.0, 1.0)
    assert {"tflops", "peak_share"}.isdisjoint(meter.fields())
    meter = Throughput(CPU, flops=1e12)
    meter.step(1, 0.0, 1.0)
    assert "peak_share" not in meter.fields()


@given(st.lists(st.tuples(st.integers(1, 8), st.floats(0, 3), st.floats(0.01, 3)), min_size=1, max_size=40))
def test_figures_are_those_of_the_shortest_run_of_last_steps_that_fills_the_window(
    steps: list[tuple[int, float, float]],
) -> None:
    meter = Throughput(CPU, window=5.0)
    for one in steps:
        meter.step(*one)
    last: list[tuple[int, float, float]] = []
    for one in reversed(steps):
        if len(last) >= FEWEST and sum(w + t for _, w, t in last) >= 5.0:
            break
        last.append(one)
    seconds = sum(w + t for _, w, t in last)
    fields = meter.fields()
    assert fields["samples_per_s"] == pytest.approx(sum(n for n, _, _ in last) / seconds, rel=1e-3, abs=1e-3)
    assert fields["data_wait_share"] == pytest.approx(sum(w for _, w, _ in last) / seconds, abs=1e-3)
    assert meter.waiting == pytest.approx(sum(w for _, w, _ in steps) / sum(w + t for _, w, t in steps))


@pytest.mark.skipif(not STATUS.is_file(), reason="this system has no /proc")
def test_memory_is_the_most_that_the_process_had() -> None:
    block = torch.ones(50_000_000)
    with_block = most_memory(CPU)
    del block
    said = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    assert with_block == most_memory(CPU)
    assert with_block == pytest.approx(1024 * int(said.split()[1]), rel=0.05)
