"""The table of cases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from medopt.report.blocks import Note, Table
from medopt.report.record import read_record
from medopt.report.sections import case_table
from medopt.validation import CaseScore, LeftOut


def test_missed_structures_and_cases_left_out_are_told(run_folder: Path) -> None:
    record = read_record(run_folder)
    first = record.results.cases[0]
    missed = replace(first, values={**first.values, "dice": 0.0}, empty="prediction")
    results = replace(
        record.results,
        cases=(missed, *record.results.cases[1:]),
        left_out=(LeftOut("sub-99_scan-1", "/home/someone/x.nrrd: damaged"),),
    )
    section = case_table.build(replace(record, results=results), None)
    table = next(b for b in section.blocks if isinstance(b, Table))
    assert table.columns[-1].title == "Note"
    assert [row[-1].text for row in table.rows].count("not found") == 1
    assert [b.text for b in section.blocks if isinstance(b, Note)] == [
        "sub-99_scan-1 could not be measured: x.nrrd: damaged"
    ]


def test_many_cases_are_folded(run_folder: Path) -> None:
    record = read_record(run_folder)
    name = record.results.structures[0].name
    cases = tuple(CaseScore(f"c{n:03d}", f"p{n}", name, {"dice": n / 100}, 1.0, 1.0, "none") for n in range(60))
    results = replace(record.results, cases=cases, structures=record.results.structures[:1])
    (table,) = case_table.build(replace(record, results=results), None).blocks
    assert isinstance(table, Table)
    assert table.fold == case_table.OPEN_ROWS
    assert len(table.rows) == 60
    assert table.rows[0][0].text == "c000"
    assert "Mean Dice" not in [c.title for c in table.columns]


def test_cases_without_any_dice_come_last(run_folder: Path) -> None:
    record = read_record(run_folder)
    name = record.results.structures[0].name
    values = {"a": None, "b": 0.9, "c": 0.1}
    cases = tuple(CaseScore(c, c, name, {"dice": v}, 0.0, 0.0, "none") for c, v in values.items())
    results = replace(record.results, cases=cases, structures=record.results.structures[:1])
    (table,) = case_table.build(replace(record, results=results), None).blocks
    assert [row[0].text for row in table.rows] == ["c", "b", "a"]
