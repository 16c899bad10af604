"""How far a training is."""

from __future__ import annotations

import pytest

from medopt.errors import MedOptError
from medopt.training.loop import Never, Schedule


def test_by_steps() -> None:
    schedule = Schedule(steps=50, minutes=None, validations=5)
    assert (schedule.amount, schedule.unit) == (50, "steps")
    assert schedule.share(25, 1e9) == 0.5
    assert schedule.share(80, 0) == 1
    assert [schedule.looks(step, 0) for step in (0, 9, 10, 49, 50)] == [0, 0, 1, 4, 5]
    assert schedule.done(7, 123.0) == 7


def test_by_the_clock() -> None:
    schedule = Schedule(steps=None, minutes=2.0, validations=4)
    assert (schedule.amount, schedule.unit) == (120, "s")
    assert schedule.share(10**9, 30.0) == 0.25
    assert schedule.looks(0, 60.0) == 2
    assert schedule.done(0, 500.0) == 120


def test_without_an_end() -> None:
    with pytest.raises(MedOptError, match="no end of training"):
        Schedule(None, None, 1).share(0, 0)


def test_never_asks_for_nothing() -> None:
    assert not Never().requested()
