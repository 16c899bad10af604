"""``medopt explain``: what it hands on, and what it tells."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from medopt.jobs import list_jobs

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "validation" / "explain"))


@pytest.fixture
def run(project):
    folder = project.runs_folder / "run-001"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"state": "done", "started": "2026"}))
    return folder


def test_options_arrive_and_the_checks_are_told(medopt, project, run, stand_in):
    from test_figures import explanation

    calls = stand_in("medopt.validation.explain.cohort", explain_run=explanation())
    options = ("--method", "gradcam++", "--layer", "stages.2", "--class", "Front", "--sanity-cases", "7", "--seed", "3")
    answer = medopt("explain", project.folder, *options, "--subset", "validation", "--weights", "last")
    assert answer.exit_code == 0, answer.output
    arguments, given = calls["explain_run"][0]
    assert arguments[1] == "run-001"
    assert (given["subset"], given["weights"], given["regions"]) == ("validation", "last", None)
    settings = given["settings"]
    assert (settings.method, settings.layer, settings.classes) == ("gradcam++", "stages.2", ("Front",))
    assert (settings.sanity_cases, settings.seed) == (7, 3)
    assert "These maps depend on what the network learned" in answer.output
    assert "Front: the largest value lies in the reference in 0.83" in answer.output
    assert "the model finds no Front" in answer.output
    assert list_jobs(project.folder)[0].status().command == "explain"


def test_a_stopped_work_tells_no_figures(medopt, project, run, stand_in):
    stand_in("medopt.validation.explain.cohort", explain_run=None)
    answer = medopt("explain", project.folder)
    assert "depend on" not in answer.output


def test_wrong_words_are_refused(medopt, project, run):
    assert medopt("explain", project.folder, "--method", "saliency").exit_code == 2
    assert "there is no such run" in medopt("explain", project.folder, "--run", "run-009").stderr


def test_layers_are_listed(medopt, finished_project):
    answer = medopt("explain", finished_project.folder, "--list-layers")
    assert answer.exit_code == 0, answer.output
    lines = [line.split() for line in answer.output.splitlines()]
    assert any(line[:2] == ["stages.1", "12"] for line in lines)
    assert any("default" in line for line in lines)
