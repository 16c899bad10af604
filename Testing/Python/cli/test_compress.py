"""``medopt compress``: what it hands to the room that does the work, and what it tells of the answer."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from medopt.cli.compress import BYTES, UNITS, amount_of
from medopt.compression.chain.choice import Candidate, Choice
from medopt.compression.chain.plan import ChainSettings, make_plan
from medopt.errors import MedOptError

PLAN = make_plan("run-001", "0", ChainSettings(minutes=30), patch_seconds=0.1, validation_cases=20)


class Answer:
    """As ``compress_run`` gives it."""

    folder = Path("compression/run-001-small")
    candidates = (
        Candidate("small-teacher", "teacher", 32, 900, 9000, 4000, 20.0, 0.9, 1.0, 1.0, 1.0, is_reference=True),
        Candidate("small-half", "width-50", 8, 200, 2000, 300, 4.0, 0.89, 0.99, 0.97, 1.0),
    )
    choice = Choice(None, "small-half", {"small-half": ("surely keeps only 0.9700 of the score",)})
    front = ("small-half", "small-teacher")
    faster = {"small-teacher": 1.0, "small-half": 5.0}  # noqa: RUF012


@pytest.fixture
def run(project):
    folder = project.runs_folder / "run-001"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"state": "done", "started": "run-001"}))
    return folder


def test_it_hands_on_what_was_typed_and_says_that_none_keeps_enough(medopt, project, run, stand_in):
    where = "medopt.compression.chain.run"
    calls = stand_in(where, compress_run=Answer(), plan_request=(None, PLAN))
    stand_in("medopt.compression.run", Means=None)
    typed = ("--keep", "0.98", "--max-latency", "0.2s", "--max-size", "2MB", "--minutes", "12", "--name", "small")
    answer = medopt("compress", project.folder, *typed, "--set", "widths=[0.5]")
    assert answer.exit_code == 0, answer.output
    arguments, options = calls["compress_run"][0]
    assert arguments[1] == "run-001"
    assert arguments[2] == ChainSettings(keep=0.98, minutes=12, widths=(0.5,))
    assert (options["max_latency_ms"], options["max_bytes"], options["name"]) == (200.0, 2_000_000, "small")
    for text in ("Expected: about 30 min", "0.9900 [0.9700, 1.0000]", "No model keeps", "nearest is small-half"):
        assert text in answer.output


def test_steps_take_the_place_of_minutes(medopt, project, run, stand_in):
    calls = stand_in("medopt.compression.chain.run", compress_run=None, plan_request=(None, PLAN))
    assert medopt("compress", project.folder, "--plan", "--set", "steps=50").exit_code == 0
    assert calls["plan_request"][0][0][2].steps == 50
    assert medopt("compress", project.folder, "--plan", "--minutes", "5", "--set", "steps=50").exit_code == 1


def test_a_plan_alone_does_nothing(medopt, project, run, stand_in):
    calls = stand_in("medopt.compression.chain.run", compress_run=None, plan_request=(None, PLAN))
    answer = medopt("compress", project.folder, "--plan")
    assert answer.exit_code == 0, answer.output
    assert calls["compress_run"] == []
    assert "pruned-75" in answer.output
    assert not any(project.jobs_folder.iterdir())


def test_an_engine_that_is_not_there_is_told_before_a_request_is_written(medopt, project, run, stand_in, monkeypatch):
    calls = stand_in("medopt.compression.chain.run", compress_run=None, plan_request=(None, PLAN))
    monkeypatch.setitem(sys.modules, "openvino", None)
    answer = medopt("compress", project.folder, "--runtime", "openvino")
    assert answer.exit_code == 1
    assert "pip install openvino" in answer.output
    assert calls["plan_request"] == calls["compress_run"] == []


def test_limits_are_read_with_their_units():
    assert amount_of("200ms", UNITS, "--max-latency", "200ms") == 200
    assert amount_of(".5 s", UNITS, "--max-latency", "200ms") == 500
    assert amount_of("500kB", BYTES, "--max-size", "2MB") == 500_000
    for wrong in ("200", "-1ms", "0s", "1h", "ms"):
        with pytest.raises(MedOptError, match="cannot be read"):
            amount_of(wrong, UNITS, "--max-latency", "200ms")


def test_a_plan_that_a_panel_asks_for_is_a_job_with_its_rows(medopt, project, run, stand_in, tmp_path):
    folder = project.folder / "compression" / "run-001-small"
    calls = stand_in("medopt.compression.chain.run", compress_run=None, plan_request=(folder, PLAN))
    answer = medopt("compress", project.folder, "--plan", "--job", tmp_path / "job")
    assert answer.exit_code == 0, answer.output
    assert calls["compress_run"] == []
    events = [json.loads(line) for line in (tmp_path / "job" / "events.jsonl").read_text().splitlines()]
    told = next(event for event in events if event.get("title") == "Plan")
    assert [row["branch"] for row in told["rows"]][:2] == ["teacher", "control"]
    assert Path(told["path"]).name == "run-001-small"
    assert any(str(event.get("text")).startswith("Expected: about 30 min") for event in events)
    assert json.loads((tmp_path / "job" / "exit.json").read_text())["state"] == "done"
    assert not any(project.jobs_folder.iterdir())
