"""What real data do to reports: a class that no case shows, too few cases, predictions of other cases and grids."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from medopt.image import Geometry, LabelMap
from medopt.project import ClassInfo
from medopt.report import make_card, make_report, make_report_files, read_record
from medopt.validation import load_results, validate_cases
from medopt.validation.external.change import compare_external
from medopt.validation.selection import of_cases
from medopt.validation.subgroups import make_subgroups


@pytest.fixture
def one_class(classified_run: Path, tmp_path: Path) -> Path:
    """A classified run whose test cases are all normal, as in a fold that lacks the other classes."""
    run = tmp_path / "run-001"
    shutil.copytree(classified_run, run)
    results = load_results(run / "metrics-test.json")
    normal = {case.case for case in results.scored if case.present == ("Normal",)}  # type: ignore[attr-defined]
    of_cases(results, normal).save(run / "metrics-test.json")
    return run


def test_a_class_that_no_case_shows_has_no_figure_and_breaks_nothing(one_class: Path) -> None:
    record = read_record(one_class)
    assert record.results is not None
    assert record.results.row("mean", "auroc").estimate is None
    assert record.results.row("mean", "accuracy").estimate is not None
    assert record.sides is not None
    assert record.sides.verdict is not None
    assert record.sides.verdict.verdict == "too few cases to tell"
    page = make_report(one_class).read_text(encoding="utf-8")
    assert not re.search(r"\bnan\b", page, re.IGNORECASE)
    values = json.loads((make_report_files(one_class) / "report.json").read_text(encoding="utf-8"))
    assert values["fit"]["parts"]["test"]["estimate"] is None
    assert make_card(one_class)


def test_a_class_absent_on_one_side_has_no_drop(classified_run: Path, one_class: Path) -> None:
    internal, external = (load_results(run / "metrics-test.json") for run in (classified_run, one_class))
    rows = {(row.structure, row.metric): row for row in compare_external(internal, external)}
    assert rows["Viral", "auroc"].difference is None
    assert rows["Viral", "auroc"].note == "not defined on one side"
    assert rows["mean", "accuracy"].difference is not None
    assert rows["Viral", "specificity"].low is not None


def test_a_subgroup_of_one_class_has_no_area(classified_run: Path) -> None:
    results = load_results(classified_run / "metrics-test.json")
    sites = {case.case: {"site": case.present[0]} for case in results.scored}  # type: ignore[attr-defined]
    rows = make_subgroups(results, sites)
    assert [row.estimate for row in rows] == [None] * 3
    assert sum(row.n_subjects for row in make_subgroups(results, {c: {"site": "x"} for c in list(sites)[:9]})) >= 9


def labels(shift: int = 0) -> LabelMap:
    array = np.zeros((4, 12, 12), np.uint8)
    array[1:3, 3 + shift : 8 + shift, 3:8] = 1
    return LabelMap(array, Geometry(array.shape))


def test_four_cases_get_no_interval_but_the_reason_and_unpaired_ones_are_named(run_folder: Path) -> None:
    from medopt.errors import MedOptError

    def predicted(case: str) -> LabelMap:
        if case == "case-4":
            raise MedOptError("there is no prediction", where=case)
        if case == "case-5":
            return LabelMap(np.zeros((3, 12, 12), np.uint8), Geometry((3, 12, 12)))
        return labels(1)

    cases = [(f"case-{n}", f"subject-{n}") for n in range(6)]
    classes = [ClassInfo(value=1, name="Anterior", color="#e69f00")]
    results = validate_cases(cases, lambda case: labels(), predicted, classes, subset="test", model="run-001")
    results.save(run_folder / "metrics-test.json")
    (run_folder / "metrics-train.json").unlink()
    assert [entry.case for entry in results.left_out] == ["case-4", "case-5"]
    assert "no prediction" in results.left_out[0].reason
    assert "different grids" in results.left_out[1].reason
    page = make_report(run_folder).read_text(encoding="utf-8")
    assert "expected at least 5, found 4" in page
    assert "2 cases that could not be measured" in page
