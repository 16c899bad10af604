"""``medopt advise`` on a small real project."""

from __future__ import annotations

import json

import pytest

from medopt.cli.advise import shown
from medopt.project import Project, make_split
from medopt.training import Recipe
from medopt.training.advice import Advice, advise


@pytest.fixture
def divided(project: Project) -> Project:
    """The project with a split."""
    make_split(project, test=0.2, validation=0.2)
    return project


def test_a_table_of_field_value_why_then_the_warnings(medopt, divided: Project) -> None:
    answer = medopt("advise", divided.folder, "--steps", 30)
    assert answer.exit_code == 0, answer.output
    lines = [line.split("  ") for line in answer.output.splitlines()]
    fields = [parts[1].strip() for parts in lines if len(parts) > 1 and parts[0] == ""]
    assert [name for name in fields if name.startswith("training.")] == [
        "training.patch",
        "training.batch_size",
        "training.steps",
        "training.learning_rate",
        "training.optimiser",
        "training.foreground_share",
        "training.validations",
    ]
    assert "training.ema" not in answer.output  # nothing in the data decides it
    assert answer.output.index("folds") < answer.output.index("test subjects are too few for an interval")
    assert "cases of the training part were looked at" in answer.output


def test_all_values_on_request(medopt, divided: Project) -> None:
    answer = medopt("advise", divided.folder, "--steps", 30, "--all")
    assert "training.ema" in answer.output
    assert "training.minutes" in answer.output


def test_json_is_one_object_that_reads_back(medopt, divided: Project) -> None:
    answer = medopt("advise", divided.folder, "--steps", 30, "--json")
    assert answer.exit_code == 0, answer.output
    assert Advice.from_json(json.loads(answer.output)) == advise(divided, steps=30)


def test_events_carry_the_advice(medopt, divided: Project) -> None:
    answer = medopt("advise", divided.folder, "--steps", 30, "--events", "json")
    events = [json.loads(line) for line in answer.output.splitlines()]
    (result,) = [event for event in events if event["kind"] == "result"]
    assert Advice.from_json(result["advice"]) == advise(divided, steps=30)
    warnings = [event["text"] for event in events if event.get("level") == "warning"]
    assert warnings == [caution.text for caution in advise(divided, steps=30).cautions]


def test_the_recipe_is_written_for_editing_and_trains(medopt, divided: Project, tmp_path) -> None:
    file = tmp_path / "recipe.yaml"
    assert medopt("advise", divided.folder, "--minutes", 2, "--save", file).exit_code == 0
    assert Recipe.load(file) == advise(divided, minutes=2).recipe
    assert Recipe.load(file).training.minutes == 2
    answer = medopt("advise", divided.folder, "--save", file)
    assert answer.exit_code == 1
    assert "there already" in answer.output


def test_an_unlabelled_project_is_told(medopt, tmp_path, project: Project) -> None:
    empty = Project.create(tmp_path / "empty", name="empty", classes=project.settings.classes)
    answer = medopt("advise", empty.folder)
    assert answer.exit_code == 1
    assert "nothing to learn from" in answer.output


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([40, 56, 40], "40, 56, 40"),
        ([[1, 1, 1], [1, 2, 2]], "(1, 1, 1) (1, 2, 2)"),
        ({"step": "normalize", "region": "non_zero"}, "normalize: region non_zero"),
        ({"preset": "standard", "techniques": ["flip"]}, "standard"),
        ({"target": 0.5, "limit": 5.0}, "target 0.5, limit 5"),
        (True, "yes"),
        (0.003, "0.003"),
        (None, "none"),
        ([], "none"),
    ],
)
def test_values_are_written_on_one_line(value, text) -> None:
    assert shown(value) == text
