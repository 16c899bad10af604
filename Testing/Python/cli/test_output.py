"""Events as a person sees them."""

from __future__ import annotations

import io
import json

import pytest

from medopt.cli.options import Events
from medopt.cli.output import TextOutput, duration, open_output


@pytest.fixture
def said(capsys):
    """Emit events to a plain text output; returns what was printed."""

    def emit(*events):
        output = TextOutput()
        for kind, fields in events:
            output.emit(kind, **fields)
        output.close()
        return capsys.readouterr().out

    return emit


def progress(done, total=4, remaining=3.0):
    return "progress", {
        "stage": "Reading",
        "done": done,
        "total": total,
        "unit": "cases",
        "elapsed_s": 75.0,
        "remaining_s": remaining,
    }


def test_a_stage_is_one_line_when_there_is_no_terminal(said):
    assert said(progress(0), progress(2), progress(4), progress(4)) == "Reading: 4 cases in 1 min 15 s\n"
    assert len(said(progress(4), progress(0), progress(4)).splitlines()) == 2


def test_nothing_to_do_is_nothing_to_say(said):
    assert said(progress(0, total=0)) == ""


def test_long_stages_are_told_now_and_then(said, monkeypatch):
    monkeypatch.setattr("medopt.cli.output.PLAIN_INTERVAL_SECONDS", 0.0)
    assert said(progress(1)) == "Reading: 1 of 4 cases, 3.0 s left\n"


def test_rows_become_a_table(said):
    rows = [{"case": "a[b]", "dice": 0.87654321, "note": None}, {"case": "c", "dice": 1, "note": "x"}]
    text = said(("result", {"title": "Cases", "rows": rows}))
    lines = [line.split() for line in text.splitlines() if line.strip()]
    assert lines[0] == ["Cases"]
    assert lines[1] == ["case", "dice", "note"]
    assert ["a[b]", "0.8765"] in lines
    assert ["c", "1", "x"] in lines


def test_an_empty_table_says_so(said):
    assert said(("result", {"title": "Findings", "rows": []})) == "Findings: none\n"


def test_long_paths_are_not_broken(said):
    path = "/data/" + "x" * 300 + "/report.html"
    assert said(("result", {"title": "report", "path": path})) == f"Report: {path}\n"


def test_messages_and_metrics(said):
    text = said(
        ("started", {"command": "train"}),
        ("message", {"level": "warning", "text": "no GPU [found]"}),
        ("metric", {"step": 3, "train_loss": 0.5}),
        ("finished", {"state": "done"}),
    )
    assert text.splitlines() == ["warning: no GPU [found]", "step 3: train loss 0.5"]


def test_in_a_terminal_a_bar_tells_the_time_left(monkeypatch):
    from rich.console import Console

    screen = io.StringIO()
    monkeypatch.setattr(
        "rich.console.Console", lambda **options: Console(file=screen, force_terminal=True, width=100, **options)
    )
    output = TextOutput()
    output.emit(*progress(1)[:1], **progress(1)[1])
    output.emit("metric", step=3, train_loss=0.5)
    output.close()
    assert "Reading" in screen.getvalue()
    assert "1/4 cases" in screen.getvalue()
    assert "3.0 s left" in screen.getvalue()
    assert "train loss" not in screen.getvalue()


def test_json_lines(capsys):
    with open_output(Events.json) as output:
        output.emit("result", title="x", rows=[{"a": float("nan")}])
    event = json.loads(capsys.readouterr().out)
    assert event["rows"] == [{"a": None}]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (8.04, "8.0 s"), (9.96, "10 s"), (59.7, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text
