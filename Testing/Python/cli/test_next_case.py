"""``medopt next`` on a small real project."""

from __future__ import annotations

import json

import pytest

from medopt.project import ClassInfo, Project, import_folder


@pytest.fixture
def bare(tmp_path, scans) -> Project:
    """The ten scans without labels."""
    made = Project.create(tmp_path / "bare", name="Bare", classes=[ClassInfo(value=1, name="A", color="#e69f00")])
    import_folder(made, scans / "images")
    return made


def row(output: str) -> dict:
    events = [json.loads(line) for line in output.splitlines()]
    return next(event["rows"][0] for event in events if event["kind"] == "result")


def test_it_tells_the_case_and_keeps_it(medopt, bare):
    first = row(medopt("next", bare.folder, "--annotator", "kim", "--events", "json").output)
    second = row(medopt("next", bare.folder, "--annotator", "lee", "--events", "json").output)
    assert first["case"] != second["case"]
    assert first["why"] == "drawn at random among 10 unlabelled"
    assert (first["place"], second["place"]) == ("1 of 10", "2 of 10")
    assert first["yours until"]
    assert {(lease.case_id, lease.annotator) for lease in bare.leases.current()} == {
        (first["case"], "kim"),
        (second["case"], "lee"),
    }


def test_a_look_at_the_ranking_leases_nothing(medopt, bare):
    answer = medopt("next", bare.folder, "--list", 3, "--strategy", "in_order", "--skip", "case-00")
    assert answer.exit_code == 0, answer.output
    assert "First of 9 cases" in answer.output
    assert "case-01" in answer.output
    assert "case-04" not in answer.output
    assert bare.leases.current() == []


def test_when_nothing_is_left_and_what_the_user_can_mend(medopt, bare, project):
    assert "No case is left" in medopt("next", project.folder, "--annotator", "kim").output
    assert "for whom?" in medopt("next", bare.folder).output
    wrong = medopt("next", bare.folder, "--annotator", "kim", "--strategy", "clasp")
    assert wrong.exit_code == 1
    assert "'clasp_pe'" in wrong.output
