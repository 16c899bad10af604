"""``medopt split``."""

from __future__ import annotations

import json

from medopt.project import load_split


def rows_of(answer):
    events = [json.loads(line) for line in answer.stdout.splitlines()]
    return [(row["part"], row["subjects"], row["cases"]) for row in events[0]["rows"]]


def test_subjects_are_split_and_the_same_again(medopt, project):
    first = medopt("split", project.folder, "--test", "0.3", "--validation", "0.2", "--seed", "5", "--events", "json")
    assert first.exit_code == 0, first.output
    assert rows_of(first) == [("train", 5, 5), ("validation", 2, 2), ("test", 3, 3)]
    stored = load_split(project)
    again = medopt("split", project.folder, "--test", "0.3", "--validation", "0.2", "--seed", "5", "--events", "json")
    assert rows_of(again) == rows_of(first)
    assert load_split(project) == stored


def test_a_split_on_which_models_were_trained_is_replaced_only_knowingly(medopt, project):
    medopt("split", project.folder)
    before = load_split(project)
    (project.runs_folder / "run-001").mkdir()
    (project.runs_folder / "run-001" / "run.json").write_text("{}")
    refused = medopt("split", project.folder, "--seed", "9")
    assert (refused.exit_code, "on which models were trained" in refused.stderr) == (1, True)
    assert load_split(project) == before
    assert medopt("split", project.folder, "--seed", "9", "--replace").exit_code == 0
    assert load_split(project).seed == 9


def test_a_published_split_and_an_attribute_to_spread(medopt, project):
    for number, case in enumerate(project.cases()):
        part = "Train" if number < 7 else "Test"
        project.set_attributes(case.id, {"set": part, "scanner": "AB"[number % 2]})
    answer = medopt("split", project.folder, "--from-attribute", "set", "--events", "json")
    assert answer.exit_code == 0, answer.output
    assert rows_of(answer) == [("train", 6, 6), ("validation", 1, 1), ("test", 3, 3)]
    assert load_split(project).test == tuple(case.id for case in project.cases()[7:])
    spread = medopt("split", project.folder, "--test", "0.4", "--stratify-by", "scanner")
    assert spread.exit_code == 0, spread.output
    scanners = [project.case(case).attributes["scanner"] for case in load_split(project).test]
    assert sorted(scanners) == ["A", "A", "B", "B"]
    wrong = medopt("split", project.folder, "--from-attribute", "scanner")
    assert (wrong.exit_code, "names no parts of a split" in wrong.stderr) == (1, True)
