"""A request on disk, whoever made it: models, reasons, plan, another choice."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from MedOptValidateLib.compress_self_test import NAME, recordCompression
from MedOptValidateLib.compress_words import askedBefore

from medopt.compression.chain.plan import ChainSettings, Plan
from medopt.files import read_json, write_json, write_text

STUDENT = f"{NAME}-width-50"


def options(line):
    """Option → value of a command line."""
    return dict(pairwise(line))


def test_models_have_size_speed_score_interval_and_reasons(section, project, again):
    recordCompression(project)
    again()
    view = section.view
    assert view.headers()[1:4] == ("MB", "ms a patch", "Dice")
    rows = {row[0]: row[1:] for row in view.rows()}
    assert next(iter(rows)) == f"★ {STUDENT}-int8"
    assert rows[f"★ {STUDENT}-int8"][:4] == ["0.25", "2", "0.9000", "0.9890 [0.9790, 0.9990]"]
    assert rows[f"★ {STUDENT}-int8"][4] == "taken"
    assert "has 1,000,000 bytes, more than 600,000" in rows[STUDENT][4]
    assert rows[f"{NAME}-control"][4] == "compared with"
    text = section.modelText
    for part in ("250,000 parameters", "250 million multiply-adds", "0.25 MB, 2 ms", "8 × the speed", "16 × smaller"):
        assert part in text
    assert "Anterior 0.9890, Posterior –" in text
    assert len(section.view.rows()) == 6


def test_no_model_is_said_with_the_nearest(section, project, again):
    folder = recordCompression(project)
    facts = read_json(folder / "front.json")
    write_json(folder / "front.json", {**facts, "taken": None, "nearest": STUDENT})
    again()
    assert f"no model keeps what was asked for; the nearest is {STUDENT}" in section.text
    assert section.selected == STUDENT
    assert "nearest: has 1,000,000 bytes" in section.view.rows()[1][5]
    assert not any(row[0].startswith("★") for row in section.view.rows())


def test_what_a_command_asked_for_is_repeated_exactly(section, project, again):
    from typer.main import get_command

    from medopt.cli import make_app
    from medopt.cli.prune import complete

    folder = recordCompression(project)
    asked = ChainSettings(keep=0.97, steps=50, widths=(0.3,), removed=(0.2, 0.6), floor=0.9, rounds=3)
    plan = {**read_json(folder / "plan.json"), "settings": asked.model_dump(mode="json"), "minutes_each": None}
    write_json(folder / "plan.json", plan)
    again()
    line = askedBefore(section.view)
    changes = [value for word, value in pairwise(line) if word == "--set"]
    assert complete(ChainSettings, {"keep": float(options(line)["--keep"])}, changes, "test") == asked
    known = {o for p in get_command(make_app()).commands["compress"].params for o in p.opts}
    assert {word for word in line if word.startswith("--")} <= known
    assert "branches" in section.text
    assert "left" not in section.text, "steps have no known time"


def test_a_finished_request_chooses_again_within_the_present_limits(section, library, timer, project, again, tellPlan):
    folder = recordCompression(project)
    again()
    section.wish(sizeMb=0.5)
    assert section.buttons()["resumeCompressButton"].text == "Choose again"
    section.resume()
    line = options(library.started[-1])
    assert (line["--minutes"], line["--max-size"], line["--name"]) == ("12", "0.5MB", NAME)
    tellPlan(folder)
    section.selectModel(f"{NAME}-teacher")
    timer.tick()
    assert section.selected == f"{NAME}-teacher", "nothing new"
    facts = read_json(folder / "front.json")
    rules = {**facts["rules"], "max_bytes": 5_000_000, "max_latency_ms": 30.0}
    write_json(folder / "front.json", {**facts, "taken": STUDENT, "rules": rules})
    timer.tick()
    assert section.selected == STUDENT
    assert "run-001, to keep 95 % within 30 ms a patch within 5 MB" in section.text


def test_a_request_that_cannot_be_read_is_told_and_others_can_be_chosen(section, project, again):
    folder = recordCompression(project)
    write_text(folder.parent / "broken" / "plan.json", "{")
    again()
    section.select("broken")
    assert section.text.startswith("⚠")
    section.select(NAME)
    assert "3 of 3 branches" in section.text
    write_text(folder / "front.json", "[]")
    section.select(NAME)
    assert "damaged" in section.text
    assert section.view.rows() == []


def test_what_is_left_goes_from_what_was_expected_to_nothing(section, project):
    folder = recordCompression(project, finished=False)
    section.setProject(project)
    whole = 60 * section.view.plan.expected_minutes
    part = section.view.secondsLeft
    for path in (folder / "scores").iterdir():
        path.unlink()
    assert section.view.secondsLeft == pytest.approx(whole)
    assert 0 < part < whole
    recordCompression(project)
    assert section.view.secondsLeft == 0


def test_a_plan_on_disk_is_that_of_the_library(section, project, again):
    folder = recordCompression(project)
    again()
    assert section.view.plan == Plan.from_json(json.loads((folder / "plan.json").read_text()))
