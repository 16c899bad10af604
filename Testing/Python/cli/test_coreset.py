"""``medopt coreset`` on a small real project."""

from __future__ import annotations

import json

import pytest

from medopt.labelling.core_set import load_core_set
from medopt.project import ClassInfo, Project, import_folder


@pytest.fixture
def bare(tmp_path, scans) -> Project:
    """The ten scans without labels, of two sites."""
    made = Project.create(tmp_path / "bare", name="Bare", classes=[ClassInfo(value=1, name="A", color="#e69f00")])
    import_folder(made, scans / "images")
    for number, case in enumerate(made.cases()):
        made.set_attributes(case.id, {"site": "A" if number < 6 else "B"})
    return made


def rows(output: str) -> list[dict]:
    events = [json.loads(line) for line in output.splitlines()]
    return next(event["rows"] for event in events if event.get("title") == "Core set")


def test_it_chooses_writes_and_draws(medopt, bare):
    answer = medopt("coreset", bare.folder, "--count", 4, "--strata", "site", "--events", "json")
    assert answer.exit_code == 0, answer.output
    chosen = rows(answer.output)
    assert [row["site"] for row in chosen].count("B") == 2
    stored = load_core_set(bare)
    assert [row["case"] for row in chosen] == list(stored.ids)
    assert stored.strata == ("site",)
    assert (bare.folder / "reports" / "core-set.png").read_bytes()[:4] == b"\x89PNG"
    assert "from the nearest labelled or chosen one on average" in answer.output


def test_repeated_it_shows_the_choice_and_changes_by_hand_stay(medopt, bare, tmp_path):
    assert medopt("coreset", bare.folder, "--count", 3).exit_code == 0
    before = load_core_set(bare)
    picture = tmp_path / "cohort.svg"
    assert medopt("coreset", bare.folder, "--output", picture).exit_code == 0
    assert load_core_set(bare) == before
    assert picture.read_text().startswith("<svg")
    other = next(case.id for case in bare.cases() if case.id not in before.ids)
    answer = medopt("coreset", bare.folder, "--add", other, "--drop", before.ids[0])
    assert answer.exit_code == 0, answer.output
    assert load_core_set(bare).ids == (*before.ids[1:], other)
    medopt("coreset", bare.folder, "--count", 4)
    again = load_core_set(bare)
    assert again.ids[0] == other
    assert before.ids[0] not in again.ids
    assert len(again.ids) == 5
    medopt("coreset", bare.folder, "--count", 3, "--new")
    assert load_core_set(bare) == before


def test_what_the_user_can_mend(medopt, bare):
    assert "no case has this attribute" in medopt("coreset", bare.folder, "--strata", "scanner").output
    assert "unknown case" in medopt("coreset", bare.folder, "--add", "nobody").output
    wrong = medopt("coreset", bare.folder, "--output", "map.pdf")
    assert wrong.exit_code == 1
    assert "expected .png or .svg" in wrong.output
    assert load_core_set(bare) is None


def test_an_empty_project(medopt, tmp_path, bare):
    empty = Project.create(tmp_path / "empty", name="Empty", classes=bare.settings.classes)
    answer = medopt("coreset", empty.folder)
    assert answer.exit_code == 0, answer.output
    assert "no cases to draw" in answer.output
