"""Calibration of voxels in a report: table, figure, files, and why it is missing."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from results_made import voxels_counted

from medopt.report import make_card, make_report, make_report_files
from medopt.report.blocks import Note, Table
from medopt.report.figures import FIGURES, to_svg
from medopt.report.record import read_record
from medopt.report.sections.calibration import calibration_blocks
from medopt.validation import Results, load_results
from medopt.validation.voxel_counts import OVERALL


def counted(run: Path) -> Results:
    """The run's results with made-up bins, saved in their place."""
    results = load_results(run / "metrics-test.json")
    assert isinstance(results, Results)
    results = voxels_counted(results)
    results.save(run / "metrics-test.json")
    return results


def test_a_run_of_masks_says_that_it_was_not_measured(run_folder: Path) -> None:
    record = read_record(run_folder)
    (note,) = calibration_blocks(record)
    assert isinstance(note, Note)
    assert "made of masks" in note.text
    assert FIGURES["reliability"].draw(record) is None
    assert not (make_report_files(run_folder) / "calibration.csv").exists()


def test_the_table_has_a_row_a_structure_with_interval_and_limit(run_folder: Path) -> None:
    results = counted(run_folder)
    table, note = calibration_blocks(read_record(run_folder))
    assert isinstance(table, Table)
    assert [row[0].text for row in table.rows] == ["Anterior", "Posterior", "All structures"]
    error = results.calibration_row("Anterior")
    texts = [cell.text for cell in table.rows[0]]
    assert texts[1:4] == [f"{error.estimate:.3f}", f"[{error.low:.3f}, {error.high:.3f}]", f"{error.by_chance:.3f}"]
    assert texts[-2:] == [str(error.n), str(error.n_subjects)]
    assert isinstance(note, Note)
    assert note.text == "Probabilities were not counted in 1 case (c-out): c-out: cannot be read."


def test_the_figure_names_structures_with_error_and_n(run_folder: Path) -> None:
    results = counted(run_folder)
    record = read_record(run_folder)
    drawing = FIGURES["reliability"].draw(record)
    assert drawing is not None
    assert "blocks of five voxels" in drawing.caption
    found = " ".join("".join(t.itertext()) for t in ElementTree.fromstring(to_svg(drawing, "reliability")).iter())
    for name in (*results.calibrated[:2], OVERALL):
        assert name in found
    row = results.calibration_row("Anterior")
    assert f"error {row.estimate:.3f} ({row.by_chance:.3f})" in found
    none = replace(results, calibration=replace(results.calibration, points={}, summary=()))  # type: ignore[type-var]
    assert FIGURES["reliability"].draw(replace(record, results=none)) is None


def test_files_hold_every_case_and_every_bin_and_are_the_same_each_time(run_folder: Path) -> None:
    results = counted(run_folder)
    folder = make_report_files(run_folder)
    first = {path.name: path.read_bytes() for path in folder.rglob("*.*")}
    assert {path.name: path.read_bytes() for path in make_report_files(run_folder).rglob("*.*")} == first
    rows = list(csv.DictReader(first["calibration.csv"].decode().splitlines()))
    one = next(r for r in rows if (r["case"], r["structure"], r["metric"]) == ("all", "Posterior", "ece"))
    assert float(one["value"]) == results.calibration_row("Posterior").estimate
    case = results.calibration.cases[0]  # type: ignore[union-attr]
    own = next(r for r in rows if (r["case"], r["structure"], r["metric"]) == (case.case, case.structure, "brier"))
    assert float(own["value"]) == case.values["brier"]
    bins = list(csv.DictReader(first["reliability.csv"].decode().splitlines()))
    assert len(bins) == 30
    assert sum(int(r["voxels"]) for r in bins if r["structure"] == OVERALL) == sum(
        sum(c.bins.number)
        for c in results.calibration.cases  # type: ignore[union-attr]
        if c.structure == OVERALL
    )
    assert {"reliability.svg", "reliability.png"} <= set(first)
    page = make_report(run_folder).read_text(encoding="utf-8")
    assert "Calibration error" in page
    assert "Calibration is measured on the grid on which the network works" in page
    assert "Brier score of voxels with reliability diagrams" in page
    assert "Whether probabilities hold" in page


def test_the_card_tells_the_error_of_all_structures(run_folder: Path) -> None:
    assert "Calibration error" not in make_card(run_folder)
    row = counted(run_folder).calibration_row(OVERALL)
    told = f"{row.estimate:.3f} [{row.low:.3f}, {row.high:.3f}]; by chance below {row.by_chance:.3f}; n = {row.n}."
    assert f"Calibration error of voxels near all structures: {told}" in make_card(run_folder)
