"""A tracker that fails or is slow harms nobody and is told of once."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from medopt.events import Collector
from medopt.training.trackers import guest as module
from medopt.training.trackers.guest import Guest


class Failing:
    def __init__(self) -> None:
        self.heard = 0

    def emit(self, kind: str, **fields: Any) -> None:
        self.heard += 1
        if self.heard == 2:
            raise ConnectionError("server gone\nmore")


def test_the_first_failure_is_a_warning_and_the_last_thing_heard() -> None:
    tracker, told = Failing(), Collector()
    with Guest("mlflow", tracker, told) as guest:
        for step in range(5):
            guest.emit("metric", step=step)
    assert tracker.heard == 2
    (event,) = told.events
    assert event["level"] == "warning"
    assert event["text"].startswith("mlflow no longer follows this training (server gone); the training goes on")


def test_all_is_delivered_in_order_before_the_end() -> None:
    tracker = Collector()
    with Guest("one", tracker, Collector()) as guest:
        for step in range(100):
            guest.emit("metric", step=step)
    assert [event["step"] for event in tracker.events] == list(range(100))


def test_a_tracker_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FAREWELL_S", 0.1)
    monkeypatch.setattr(module, "WAITING", 3)
    forever, done = threading.Event(), threading.Event()

    class Hanging:
        def emit(self, kind: str, **fields: Any) -> None:
            forever.wait()
            done.set()

    with Guest("slow", Hanging(), Collector()) as guest:
        for step in range(10):  # more than wait
            guest.emit("metric", step=step)
    assert not done.is_set()
    forever.set()
