"""Runs as the commands see them."""

from __future__ import annotations

import json

import pytest

from medopt import MedOptError
from medopt.cli.runs import list_runs, run_folder, runs_in_training
from medopt.events import Score
from medopt.jobs import run_in_job


def add_run(project, name, **facts):
    folder = project / "runs" / name
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(facts))
    return folder


def test_runs_are_listed_oldest_first(tmp_path):
    best = {"step": 3, "validation_dice": 0.8}
    add_run(tmp_path, "a", state="done", started="2026-02-02", seconds_trained=90, best=best)
    add_run(tmp_path, "b", state="stopped", started="2026-01-01")
    add_run(tmp_path, "c", started="2026-03-03", best={"validation_dice": -1})
    (tmp_path / "runs" / "c" / "run.json").write_text("{")
    lines = list_runs(tmp_path)
    assert [(line.name, line.state, line.minutes) for line in lines] == [
        ("c", "damaged", None),
        ("b", "stopped", None),
        ("a", "done", 1.5),
    ]
    assert [line.best for line in lines] == [None, None, Score("dice", 0.8)]


def test_the_newest_run_is_the_default(tmp_path):
    newest = add_run(tmp_path, "a", started="2026-02-02")
    older = add_run(tmp_path, "b", started="2026-01-01")
    assert run_folder(tmp_path, None) == newest
    assert run_folder(tmp_path, "b") == older


def test_runs_that_are_not_there(tmp_path):
    with pytest.raises(MedOptError, match="the project has no run"):
        run_folder(tmp_path, None)
    add_run(tmp_path, "a", started="2026-02-02")
    with pytest.raises(MedOptError, match="there is no such run: expected one of: a, found b"):
        run_folder(tmp_path, "b")
    with pytest.raises(MedOptError, match="leaves its folder"):
        run_folder(tmp_path, "../../b")


def test_a_run_is_in_training_while_its_job_runs(tmp_path):
    assert runs_in_training(tmp_path) == set()
    with run_in_job(tmp_path / "jobs" / "j", "train") as worker:
        worker.reporter.emit("started", command="train", run="a")
        assert runs_in_training(tmp_path) == {"a"}
    assert runs_in_training(tmp_path) == set()
