"""``medopt status``."""

from __future__ import annotations

import json

from medopt.jobs import run_in_job


def tables(answer):
    assert answer.exit_code == 0, answer.output
    events = [json.loads(line) for line in answer.stdout.splitlines()]
    return {event["title"]: event["rows"] for event in events if event["kind"] == "result"}


def test_an_idle_project(medopt, project):
    found = tables(medopt("status", project.folder, "--events", "json"))
    (row,) = found["Project"]
    counts = {"cases": 10, "labelled": 10, "proposals": 0, "flagged": 0, "runs": 0, "models": 0}
    assert row == {"project": "Small", "task": "segmentation", **counts, "worker": "idle"}
    assert all((one["cases"], one["subjects"], one["looked for in"]) == (10, 10, 10) for one in found["Classes"])
    assert all(one["voxels"] > 10 for one in found["Classes"])


def test_runs_and_jobs_at_work(medopt, project):
    folder = project.runs_folder / "run-001"
    folder.mkdir()
    facts = {"state": "running", "started": "2026-01-01T10:00:00+00:00", "best": {"validation_dice": 0.8}}
    (folder / "run.json").write_text(json.dumps(facts))
    with run_in_job(project.folder / "jobs" / "j", "train"):
        found = tables(medopt("status", project.folder, "--events", "json"))
    assert found["Project"][0]["worker"] == "train"
    assert found["Runs"][0]["validation Dice"] == 0.8
    assert found["Jobs at work"][0]["job"] == "j"


def test_the_score_of_runs_is_that_of_the_task(medopt, project):
    for name, best in (("run-001", {"validation_auc": 0.9}), ("run-002", {"step": 0, "validation_auc": -1})):
        folder = project.runs_folder / name
        folder.mkdir()
        (folder / "run.json").write_text(json.dumps({"state": "done", "started": name, "best": best}))
    rows = tables(medopt("status", project.folder, "--events", "json"))["Runs"]
    assert [row["validation AUC"] for row in rows] == [0.9, None]


def test_the_device_is_told_on_request(medopt, project, stand_in):
    from types import SimpleNamespace

    choice = SimpleNamespace(name="A CPU", threads=2, reason="no CUDA device was found")
    stand_in("medopt.training", train=None)
    stand_in("medopt.training.device", choose_device=choice)
    (row,) = tables(medopt("status", project.folder, "--device", "--events", "json"))["Project"]
    assert row["device"] == "A CPU, 2 threads (no CUDA device was found)"
