"""A core is left to the thread that makes batches only where that is measured to be faster."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from medopt.training import threads
from medopt.training.threads import Threads, choose_threads


@pytest.fixture(autouse=True)
def four() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


def work(monkeypatch: pytest.MonkeyPatch, company: dict[int, float], making: float = 1.0) -> None:
    """Steps that take so many seconds by threads while a batch is made, and 1 s alone."""
    monkeypatch.setattr(threads, "_in_company", lambda step, make, count: company[count])
    monkeypatch.setattr(threads, "_seconds", lambda work: making if work is make else 1.0)


def step() -> None:
    pass


def make() -> None:
    pass


@pytest.mark.parametrize(("fewer", "count"), [(0.5, 3), (0.97, 4), (1.5, 4)])
def test_one_thread_less_must_be_clearly_faster(monkeypatch: pytest.MonkeyPatch, fewer: float, count: int) -> None:
    work(monkeypatch, {4: 1.0, 3: fewer})
    found = choose_threads(step, make)
    other = 7 - count
    assert found == Threads(count, 1e3 * (1.0 if count == 4 else fewer), (other, 1e3 * (1.0 if other == 4 else fewer)))
    assert f"{count} threads" in found.sentence
    assert torch.get_num_threads() == 4


def test_cheap_batches_need_no_core(monkeypatch: pytest.MonkeyPatch) -> None:
    work(monkeypatch, {}, making=0.01)
    assert choose_threads(step, make) == Threads(4)


def test_a_single_thread_cannot_be_fewer() -> None:
    torch.set_num_threads(1)
    assert choose_threads(step, make) == Threads(1)
    assert Threads(1).sentence == "The network computes with 1 thread."


def test_steps_and_batches_run_side_by_side_and_errors_come_out() -> None:
    seen: list[str] = []
    found = choose_threads(lambda: seen.append("step"), lambda: [seen.append("make"), sum(range(100_000))])
    assert found.ms is not None
    assert seen.count("make") == 1 + 2 * threads.ROUNDS

    def failing() -> None:
        if len(seen) > 40:
            raise ValueError("no batch")
        seen.extend(["x"] * 40)
        sum(range(100_000))

    with pytest.raises(ValueError, match="no batch"):
        choose_threads(step, failing)
    assert torch.get_num_threads() == 4
