"""The score table in both shapes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from medopt.metrics import METRICS
from medopt.report.blocks import Note, Table
from medopt.report.record import Record, read_record
from medopt.report.sections import scores
from medopt.validation import CaseScore, Structure
from medopt.validation.summary import summarize


def _table(record: Record) -> Table:
    return next(block for block in scores.build(record, None).blocks if isinstance(block, Table))


def test_few_structures_stand_side_by_side(run_folder: Path) -> None:
    record = read_record(run_folder)
    table = _table(record)
    assert [c.group for c in table.columns if c.title == "mean"] == ["Anterior", "Posterior", "Mean over structures"]
    assert all(len(row) == len(table.columns) for row in table.rows)
    measured = {row.metric for row in record.results.summary}
    assert len(table.rows) == len([m for m in METRICS if m in measured])


def test_many_structures_stand_below_each_other(run_folder: Path) -> None:
    record = read_record(run_folder)
    names = [f"s{n}" for n in range(6)]
    cases = tuple(
        CaseScore(f"c{n}", f"p{n}", name, dict.fromkeys(METRICS, None if name == "s2" else 0.5), 1.0, 1.0, "none")
        for n in range(6)
        for name in names
    )
    results = replace(
        record.results,
        structures=tuple(Structure(n, name) for n, name in enumerate(names, 1)),
        cases=cases,
        summary=summarize(cases, names),
    )
    table = _table(replace(record, results=results))
    assert len(table.rows) == 7 * len(METRICS)
    texts = [[cell.text for cell in row] for row in table.rows]
    assert ["Dice", "s0", "0.500", "[0.500, 0.500]", "6", "6", "0"] in texts
    assert ["", "s2", "–", "none", "0", "0", "6"] in texts
    assert ["", "Mean over structures", "0.500", "[0.500, 0.500]", "6", "6", "0"] in texts


def test_counts_that_differ_between_structures_are_given_as_a_range(run_folder: Path) -> None:
    record = read_record(run_folder)
    rows = tuple(replace(r, n=3) if r.structure == "Anterior" else r for r in record.results.summary)
    table = _table(replace(record, results=replace(record.results, summary=rows)))
    assert table.rows[0][-3].text == f"3–{record.results.n_cases}"


def test_nothing_measured_names_the_command(run_folder: Path) -> None:
    (note,) = scores.build(read_record(run_folder, None), None).blocks
    assert isinstance(note, Note)
    assert "medopt validate PROJECT" in note.text
