"""``medopt balance`` on a small real project."""

from __future__ import annotations

import json

import numpy as np
import pytest

from medopt.image import LabelMap
from medopt.project import Project, load_split, make_split
from medopt.project.splitting import split_path


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
    assert first == {**first, "class": "Anterior", "before": 10, "share before": 1, "share after": 1}
    assert (second["before"], second["share before"]) == (3, 0.3)
    assert second["after"] == 15  # the three cases that hold both come five times, and raise the first class to 22
    assert first["after"] == 22
    assert second["target"] == "held back by the limit"


def test_only_training_cases_count(medopt, uneven: Project) -> None:
    make_split(uneven, seed=1)
    train = load_split(uneven).train
    values = uneven.label_values()
    answer = medopt("balance", uneven.folder, "--events", "json")
    (result,) = [event for event in events(answer.output) if event["kind"] == "result"]
    assert "training part" in result["title"]
    assert result["rows"][0]["before"] == len(train)
    assert result["rows"][1]["before"] == sum(2 in values[case] for case in train)


def test_a_wrong_method_and_an_empty_project(medopt, project: Project, tmp_path) -> None:
    wrong = medopt("balance", project.folder, "--method", "copys")
    assert wrong.exit_code == 1
    assert "method" in wrong.output
    empty = Project.create(tmp_path / "empty", name="Empty", classes=project.settings.classes)
    assert "nothing to balance" in medopt("balance", empty.folder).output


def test_flagged_cases_do_not_count_and_a_damaged_split_is_told(medopt, uneven: Project) -> None:
    uneven.set_flag(uneven.cases()[0].id, "look again")
    (result,) = [
        e for e in events(medopt("balance", uneven.folder, "--events", "json").output) if e["kind"] == "result"
    ]
    assert [row["before"] for row in result["rows"]] == [9, 2]
    make_split(uneven, seed=1)
    path = split_path(uneven)
    path.write_text(path.read_text().replace(uneven.cases()[1].id, uneven.cases()[0].id, 1))
    answer = medopt("balance", uneven.folder)
    assert answer.exit_code == 1
    assert "split" in answer.stderr


def test_the_table_has_bars_and_the_recipe_is_followed(medopt, uneven: Project, tmp_path) -> None:
    (tmp_path / "recipe.yaml").write_text("balance: {target: 0.4, method: copies, limit: 2}\n")
    answer = medopt("balance", uneven.folder, "--recipe", tmp_path / "recipe.yaml")
    assert answer.exit_code == 0, answer.output
    (line,) = [line for line in answer.output.splitlines() if "Posterior" in line]
    assert "█" in line
    assert line.rstrip().endswith("reached")
    assert "an epoch has 12" in answer.output  # two more copies make 5 of 12
