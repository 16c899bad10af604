"""Events as lines for people."""

from __future__ import annotations

import pytest

from medopt.jobs import describe_event


@pytest.mark.parametrize(
    ("kind", "fields", "line"),
    [
        ("progress", {"stage": "s", "done": 1, "total": 9, "unit": "cases", "remaining_s": 4.0}, ""),
        (
            "metric",
            {"step": 5, "epoch": 1, "train_loss": 0.51234, "validation_dice": 0.87},
            "step 5, epoch 1: train loss 0.5123, validation dice 0.87",
        ),
        ("metric", {"step": 5, "note": 1}, ""),
        ("metric", {"step": 5, "validation_map50": 0.5, "validation_metric": "map50"}, "step 5: validation map50 0.5"),
        ("message", {"level": "info", "text": "hello"}, "hello"),
        ("message", {"level": "warning", "text": "hello"}, "warning: hello"),
        ("finished", {"state": "failed", "error": "no split."}, "failed: no split."),
        ("finished", {"state": "done"}, "done"),
        ("started", {"command": "train"}, "started: train"),
        ("started", {"command": "train", "run": "a", "device": "CPU"}, "started: train, run a, device CPU"),
        ("result", {"title": "report", "path": "r.html"}, "report: r.html"),
        ("result", {"title": "Findings", "rows": [{}, {}]}, "Findings: 2 rows"),
        ("result", {"title": "Findings", "rows": []}, "Findings: no rows"),
        ("anything", {}, ""),
    ],
)
def test_lines(kind, fields, line):
    assert describe_event(kind, fields) == line
