"""What the report says that it cannot tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from medopt.report.record import read_record
from medopt.report.sections.limits import limits


def test_few_subjects_and_parts_that_took_part_in_training_are_named(run_folder: Path) -> None:
    record = read_record(run_folder)
    assert "8 subjects are few: a kind of failure that happens in up to 38 of 100" in " ".join(limits(record))
    train = " ".join(limits(read_record(run_folder, "train")))
    assert "too good for new subjects" in train


def test_many_subjects_are_not_called_few(run_folder: Path) -> None:
    record = read_record(run_folder)
    rows = tuple(replace(r, n_subjects=200) for r in record.results.summary)
    said = " ".join(limits(replace(record, results=replace(record.results, summary=rows))))
    assert "few" not in said
    assert "not a medical device" in said


def test_nothing_measured(run_folder: Path) -> None:
    assert limits(read_record(run_folder, None)) == ["Nothing was measured on subjects that the model never saw."]
