"""Where results lie that are compared, and the tables that are written of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from results_made import classified

from medopt import MedOptError
from medopt.files import write_json
from medopt.project import ClassInfo, Project
from medopt.validation import compare_results
from medopt.validation.comparison_files import compare_folds, comparison_stem, find_results, write_comparison


@pytest.fixture
def project(tmp_path: Path) -> Project:
    classes = [ClassInfo(value=1, name="well", color="#e69f00"), ClassInfo(value=4, name="ill", color="#56b4e9")]
    return Project.create(tmp_path / "project", name="Small", classes=classes, task="classification")


def test_results_of_runs_of_cross_validations_and_of_files(project: Project, tmp_path: Path) -> None:
    found = classified(12)
    run, pooled = project.runs_folder / "run-001", project.runs_folder / "cv-001"
    write_json(run / "run.json", {})
    write_json(pooled / "crossval.json", {})
    found.save(run / "metrics-test.json")
    found.save(tmp_path / "elsewhere.json")
    assert find_results(project, "run-001") == find_results(project, str(tmp_path / "elsewhere.json")) == found
    with pytest.raises(MedOptError, match=r"cv-001 was not measured on these cases.*medopt crossval"):
        find_results(project, "cv-001")
    found.save(pooled / "pooled" / "metrics-out-of-fold.json")
    assert find_results(project, "cv-001") == found
    with pytest.raises(MedOptError, match=r"run-001 was not measured.*--run run-001 --subset validation"):
        find_results(project, "run-001", "validation")
    with pytest.raises(MedOptError, match=r"no such run or cross-validation.*one of: cv-001, run-001, found run-7"):
        find_results(project, "run-7")
    assert compare_folds(project, "run-001", "cv-001", "auroc") is None


def test_tables_hold_every_row(tmp_path: Path) -> None:
    results = classified(40), classified(40)
    rows = compare_results(*results)
    table, record = write_comparison(tmp_path, ("a", "folder/b.json"), results, rows)
    assert (table.name, record.name) == ("comparison-a-b.csv", "comparison-a-b.json")
    with open(table, encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert [(row["structure"], row["metric"], row["test"]) for row in written] == [
        (row.structure, row.metric, row.test) for row in rows
    ]
    assert {row["difference"] for row in written} <= {"0.0", ""}
    value = json.loads(record.read_text())
    assert (value["task"], value["first"]["cases"], len(value["rows"])) == ("classification", 40, len(rows))
    assert comparison_stem(("x", "y")) == "comparison-x-y"
