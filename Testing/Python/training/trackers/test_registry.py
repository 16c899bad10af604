"""Trackers are chosen by name and listen beside the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from medopt.errors import MedOptError
from medopt.events import Collector, Reporter
from medopt.training.trackers import TrackerFacts, followed, registry

FACTS = TrackerFacts("run-001", Path("run-001"), "demo")


def test_without_wishes_only_the_reporter_listens() -> None:
    told = Collector()
    with followed((), FACTS, told) as reporter:
        reporter.emit("metric", step=1)
    assert [event["step"] for event in told.events] == [1]


def test_a_wish_opens_its_tracker_once_and_closes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    tracker, seen = Collector(), []

    @contextmanager
    def one(facts: TrackerFacts, address: str | None) -> Iterator[Reporter]:
        seen.append((facts.run, address))
        yield tracker
        seen.append("closed")

    monkeypatch.setattr(registry, "TRACKERS", {"one": one})
    with followed(["one=http://here", "one=http://here"], FACTS, Collector()) as reporter:
        reporter.emit("metric", step=1)
        assert seen == [("run-001", "http://here")]
    assert seen[-1] == "closed"
    assert len(tracker.events) == 1


def test_a_name_that_there_is_not_is_refused() -> None:
    with (
        pytest.raises(MedOptError, match=r"no such tracker: expected tensorboard or mlflow, found wandb"),
        followed(["wandb"], FACTS, Collector()),
    ):
        pass
