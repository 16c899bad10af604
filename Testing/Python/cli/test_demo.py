"""``medopt demo``: the order of its steps and what it hands on; `make demo` runs the whole of it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from medopt.image import Geometry, Image, LabelMap
from medopt.jobs import Job
from medopt.project import Project

SUMMARY = [{"structure": "mean", "metric": "dice", "estimate": 0.8, "low": 0.7, "high": 0.9, "n": 3, "excluded": 0}]


def small_case(seed, scan):
    """A small image with two structures, in place of a made-up brain."""
    values = np.random.default_rng([seed, scan]).normal(100, 10, (1, 8, 10, 12)).astype(np.float32)
    label = np.zeros((8, 10, 12), np.uint8)
    label[2:6, 3:7, 2:6], label[2:6, 3:7, 6:10] = 1, 2
    grid = Geometry((8, 10, 12))
    return Image(values, grid), LabelMap(label, grid)


@pytest.fixture
def rooms(stand_in, monkeypatch):
    """Stand-ins for what takes minutes; cohort, project, import, check and split are real."""
    monkeypatch.setattr("medopt.synthetic.cohort.make_case", small_case)
    order: list[str] = []

    def train(project, recipe, run, reporter, stop):
        order.append("train")
        folder = project.runs_folder / run
        folder.mkdir(exist_ok=True)
        (folder / "metrics-test.json").write_text(json.dumps({"summary": SUMMARY}))
        return folder

    class Recipe:
        def model_copy(self, update):
            return {"seed": update["seed"]}

    calls = {
        **stand_in("medopt.training", train=train, propose_recipe=lambda project, minutes: Recipe()),
        **stand_in("medopt.validation.runs", validate_run=lambda *a, **k: order.append("validate")),
        **stand_in("medopt.report", make_report=lambda run, **options: order.append("report") or run / "report.html"),
        **stand_in(
            "medopt.compression",
            export_run=lambda project, run, reporter: order.append("export") or project.models_folder / run,
        ),
    }
    return calls, order


def test_the_whole_way_and_again(medopt, tmp_path, rooms):
    calls, order = rooms
    for _ in range(2):
        answer = medopt("demo", tmp_path / "d", "--subjects", "10", "--seed", "3")
        assert answer.exit_code == 0, answer.output
    assert order == ["train", "validate", "export", "report"] * 2
    project = Project.open(tmp_path / "d" / "project")
    assert project.status().labelled == project.status().cases >= 10
    assert len({case.subject for case in project.cases()}) == 10
    assert calls["train"][0][0][1] == {"seed": 3}
    assert "Mean Dice on subjects never seen: 0.800 [0.700, 0.900], n = 3" in answer.output
    last = [line for line in answer.output.splitlines() if line.strip()][-2:]
    assert last[0].startswith("Report: ")
    assert last[1].startswith("Model: ")
    assert Job.open(tmp_path / "d" / "project" / "jobs" / "demo").status().state == "done"


def test_too_few_subjects(medopt, tmp_path):
    assert medopt("demo", tmp_path / "d", "--subjects", "3").exit_code == 2
