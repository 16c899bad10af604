"""Batches come in order, errors are raised where the batch is wanted, and the thread ends."""

from __future__ import annotations

import threading

import pytest

from medopt.training.loader import Prefetch


def names() -> list[str]:
    return [t.name for t in threading.enumerate()]


def test_batches_come_in_order_from_the_first_step() -> None:
    with Prefetch(lambda step: step * step, 5) as batches:
        assert [batches.next() for _ in range(20)] == [n * n for n in range(5, 25)]
    assert "medopt-batches" not in names()


def test_an_error_is_raised_at_its_batch_and_not_before() -> None:
    def make(step: int) -> int:
        if step == 3:
            raise ValueError("broken sample")
        return step

    with Prefetch(make, 0) as batches:
        assert [batches.next() for _ in range(3)] == [0, 1, 2]
        with pytest.raises(ValueError, match="broken sample"):
            batches.next()
    assert "medopt-batches" not in names()


def test_leaving_early_ends_the_thread() -> None:
    with Prefetch(lambda step: step, 0) as batches:
        batches.next()
    assert "medopt-batches" not in names()
