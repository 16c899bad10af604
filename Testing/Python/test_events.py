"""Events are JSON lines that a follower can read at any moment; progress tells the time left truly."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from medopt import events
from medopt.events import (
    Broadcast,
    Collector,
    JsonLines,
    Progress,
    Score,
    Silence,
    best_score,
    read_events,
    track,
    validation_score,
)


def test_every_event_is_one_line_of_json() -> None:
    stream = io.StringIO()
    reporter = JsonLines(stream)
    reporter.emit("metric", loss=float("nan"), dice=np.float32(0.5), path=Path("a"), nested={"x": [float("inf")]})
    event = json.loads(stream.getvalue())
    assert stream.getvalue().count("\n") == 1
    assert (event["kind"], event["loss"], event["dice"], event["path"]) == ("metric", None, 0.5, "a")
    assert event["nested"] == {"x": [None]}
    assert event["time"].endswith("+00:00")


def test_a_follower_reads_on_from_where_it_was_and_waits_for_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    assert read_events(path) == ([], 0)
    path.write_text('{"kind": "a"}\nbroken\n[1]\n{"kind": "b"}\n{"kind": "c"')
    found, offset = read_events(path)
    assert [e["kind"] for e in found] == ["a", "b"]
    with open(path, "a") as stream:
        stream.write("}\n")
    found, offset = read_events(path, offset)
    assert [e["kind"] for e in found] == ["c"]
    assert read_events(path, offset) == ([], offset)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(events.time, "monotonic", lambda: now[0])
    return now


def test_the_time_left_follows_the_pace_of_this_session(clock: list[float]) -> None:
    told = Collector()
    progress = Progress(told, "work", 100, unit="steps", done=40)
    assert told.events[-1]["remaining_s"] is None
    clock[0] += 10
    progress.advance(20)
    last = told.events[-1]
    assert (last["done"], last["total"], last["unit"], last["elapsed_s"]) == (60, 100, "steps", 10)
    assert last["remaining_s"] == pytest.approx(20)


def test_it_is_told_seldom_but_its_end_always_and_once(clock: list[float]) -> None:
    told = Collector()
    progress = Progress(told, "work", 1000, interval=1.0)
    for _ in range(1000):
        clock[0] += 0.01
        progress.advance()
    progress.advance(0)
    done = [e["done"] for e in told.events]
    assert done[0] == 0
    assert done[-1] == 1000
    assert done.count(1000) == 1
    assert len(done) <= 12


def test_track_and_broadcast_pass_on() -> None:
    one, other = Collector(), Collector()
    assert list(track(Broadcast(one, Silence(), other), "x", iter("abc"))) == ["a", "b", "c"]
    assert one.events[-1]["done"] == other.events[-1]["done"] == 3


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"validation_dice": 0.5}, Score("dice", 0.5)),
        (
            {"validation_auc": 0.7, "validation_auc_by_structure": {"A": 0.7, "B": None}, "validation_metric": "auc"},
            Score("auc", 0.7, {"A": 0.7}),
        ),
        ({"validation_map50": 0.1}, Score("map50", 0.1)),
        ({"validation_dice_by_structure": {"A": 0.5}}, Score("dice", None, {"A": 0.5})),
        ({"validation_new": 0.5, "validation_metric": "new"}, Score("new", 0.5)),
        ({"train_loss": 0.5, "validation_loss": 0.5}, None),
        ({"validation_dice": None, "validation_dice_by_structure": [1]}, None),
        ({"validation_dice": True}, None),
        ({"validation_dice": float("nan")}, None),
    ],
)
def test_the_validation_score_of_any_task(fields: dict, expected: Score | None) -> None:
    assert validation_score(fields) == expected


@pytest.mark.parametrize(
    ("best", "expected"),
    [
        ({"step": 5, "validation_dice": 0.8}, Score("dice", 0.8)),
        ({"step": 0, "validation_auc": -1}, None),
        ({"step": 9, "validation_map50": 0.0}, Score("map50", 0.0)),
        ({}, None),
        (None, None),
        ([0.8], None),
        ({"validation_dice": "0.8"}, None),
    ],
)
def test_the_best_score_of_a_record(best: object, expected: Score | None) -> None:
    assert best_score(best) == expected


def test_scores_have_titles() -> None:
    assert [Score(m, 0.5).title for m in ("dice", "auc", "map50", "else")] == ["Dice", "AUC", "mAP50", "else"]
