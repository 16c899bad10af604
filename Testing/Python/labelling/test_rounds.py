"""The record of the rounds."""

from __future__ import annotations

import pytest

from medopt.errors import MedOptError
from medopt.labelling.rounds import Candidate, RoundRecord, load_rounds, rounds_path, save_round
from medopt.project import Project


def record(number: int, **values) -> RoundRecord:
    one = RoundRecord(
        number=number,
        state="training",
        started="2026-03-01T00:00:00+00:00",
        training_cases=3,
        training_subjects=3,
        validation_cases=1,
        validation_subjects=1,
        candidates=(
            Candidate(f"round-{number:03d}", "continued", "round-000", 3.0, 0.81),
            Candidate(f"round-{number:03d}-scratch", "scratch", None, 2.0),
        ),
        reason="why",
        left_out={"case-1": "no image"},
    )
    return one.changed(**values)


def test_rounds_come_back_as_they_were_in_order(small_project: Project) -> None:
    assert load_rounds(small_project) == []
    for number in (2, 1):
        save_round(small_project, record(number))
    assert load_rounds(small_project) == [record(1), record(2)]
    done = record(1, state="done", model="round-001-scratch", choice="better", metric="dice", finished="later")
    save_round(small_project, done)
    assert load_rounds(small_project) == [done, record(2)]
    assert done.chosen == done.candidates[1]
    assert record(2).chosen is None


def test_fields_of_a_later_version_are_passed_over(small_project: Project) -> None:
    save_round(small_project, record(1))
    path = rounds_path(small_project)
    path.write_text(path.read_text().replace('"reason"', '"weather": "fine", "reason"'))
    assert load_rounds(small_project) == [record(1)]


def test_a_damaged_record_is_told(small_project: Project) -> None:
    save_round(small_project, record(1))
    path = rounds_path(small_project)
    path.write_text(path.read_text().replace('"candidates"', '"others"'))
    with pytest.raises(MedOptError, match="the record of the rounds is damaged"):
        load_rounds(small_project)
    path.write_text('{"format": 99}')
    with pytest.raises(MedOptError, match=r"of a newer MedOpt.*format 1"):
        load_rounds(small_project)
