"""``medopt balance`` on a small real project."""

from __future__ import annotations

import json

import numpy as np
import pytest

from medopt.image import LabelMap
from medopt.project import Project, load_split, make_split


@pytest.fixture
def uneven(project: Project) -> Project:
    """Class 2 is left in the first three cases only."""
    for case in [case.id for case in project.cases()][3:]:
        label = project.read_label(case)
        one = LabelMap(np.where(label.array == 2, 1, label.array).astype(np.uint8), label.geometry)
        project.save_label(case, one, annotator="x")
    return project


def events(output: str) -> list[dict]:
    return [json.loads(line) for line in output.splitlines()]


def test_counts_before_and_after_without_a_split(medopt, uneven: Project) -> None:
    answer = medopt("balance", uneven.folder, "--target", 0.8, "--method", "copies", "--events", "json")
    assert answer.exit_code == 0, answer.output
    (result,) = [event for event in events(answer.output) if event["kind"] == "result"]
    assert "no split yet" in result["title"]
    first, second = result["rows"]
    assert (first["before"], second["before"]) == ("10", "3")
    assert float(second["after"]) >= 0.8 * float(first["after"]) or second["target"] != "reached"
    assert float(second["after"]) > 3


def test_only_training_cases_count(medopt, uneven: Project) -> None:
    make_split(uneven, seed=1)
    train = load_split(uneven).train
    values = uneven.label_values()
    answer = medopt("balance", uneven.folder, "--events", "json")
    (result,) = [event for event in events(answer.output) if event["kind"] == "result"]
    assert "training part" in result["title"]
    assert result["rows"][0]["before"] == str(len(train))
    assert result["rows"][1]["before"] == str(sum(2 in values[case] for case in train))


def test_a_wrong_method_and_an_empty_project(medopt, project: Project, tmp_path) -> None:
    wrong = medopt("balance", project.folder, "--method", "copys")
    assert wrong.exit_code == 1
    assert "method" in wrong.output
    empty = Project.create(tmp_path / "empty", name="Empty", classes=project.settings.classes)
    assert "nothing to balance" in medopt("balance", empty.folder).output
