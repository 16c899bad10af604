"""The course of a training, from events that may be damaged, doubled or missing."""

from __future__ import annotations

import json
from pathlib import Path

from medopt.events import make_event
from medopt.report.history import read_history


def _write(path: Path, *events: dict) -> Path:
    path.write_text("".join(json.dumps(make_event(e.pop("kind"), e)) + "\n" for e in events))
    return path


def test_points_in_order_with_structures(tmp_path: Path) -> None:
    path = _write(
        tmp_path / "events.jsonl",
        {"kind": "started"},
        {"kind": "metric", "step": 10, "minutes": 0.5, "train_loss": 1.0},
        {
            "kind": "metric",
            "step": 20,
            "minutes": 1.0,
            "train_loss": 0.5,
            "validation_dice": 0.7,
            "validation_dice_by_structure": {"A": 0.6, "B": 0.8},
        },
    )
    history = read_history(path)
    assert history.known("train_loss") == [(0.5, 1.0), (1.0, 0.5)]
    assert history.known("score") == [(1.0, 0.7)]
    assert history.structure("B") == [(1.0, 0.8)]
    assert history.sessions == 1


def test_what_was_lost_in_a_kill_is_left_out(tmp_path: Path) -> None:
    metrics = [{"kind": "metric", "step": s, "minutes": m} for s, m in ((10, 1.0), (20, 2.0), (30, 3.0))]
    again = [{"kind": "started"}, {"kind": "metric", "step": 20, "minutes": 2.5}]
    history = read_history(_write(tmp_path / "events.jsonl", {"kind": "started"}, *metrics, *again))
    assert [(p.step, p.minutes) for p in history.points] == [(10, 1.0), (20, 2.5)]
    assert history.sessions == 2


def test_damaged_lines_and_wrong_values_are_skipped(tmp_path: Path) -> None:
    path = _write(
        tmp_path / "events.jsonl",
        {"kind": "metric", "step": 5, "minutes": 0.1, "train_loss": "many", "validation_dice_by_structure": [1]},
        {"kind": "metric", "step": None, "minutes": 0.2},
        {"kind": "message", "level": "warning", "text": "careful"},
        {"kind": "message", "level": "warning", "text": "careful"},
    )
    with path.open("a") as stream:
        stream.write('{"kind": "metric", "step"\nnot json\n{"kind": "metric", "step": 9, "minutes": 0.3, "tr')
    history = read_history(path)
    assert [p.step for p in history.points] == [5]
    assert history.points[0].train_loss is None
    assert not history.points[0].structures
    assert history.warnings == ("careful",)


def test_no_file_gives_an_empty_history(tmp_path: Path) -> None:
    assert read_history(tmp_path / "events.jsonl").points == ()


def test_the_score_is_that_of_the_task(tmp_path):
    fields = {"validation_metric": "auc", "validation_auc": 0.7, "validation_auc_by_structure": {"Sick": 0.6}}
    event = {"kind": "metric", "step": 5, "minutes": 1.0} | fields
    (tmp_path / "events.jsonl").write_text(json.dumps(event) + "\n")
    history = read_history(tmp_path / "events.jsonl")
    assert (history.score_title, history.known("score"), history.structure("Sick")) == ("AUC", [(1, 0.7)], [(1, 0.6)])
