"""Files of any task are read by the task that they name; files from before tasks were named are of segmentation."""

from __future__ import annotations

import json

import pytest

from medopt import MedOptError
from medopt.validation import CaseScore, ClassResults, Results, Structure, ValidationSettings, load_results


def test_files_from_before_other_tasks_are_of_segmentation(tmp_path) -> None:
    path = tmp_path / "metrics-test.json"
    value = Results("test", "net", (), ValidationSettings(), (), ()).to_json()
    assert (value["format"], value.pop("task")) == (1, "segmentation")
    path.write_text(json.dumps(value))
    assert isinstance(load_results(path), Results)


def test_rows_from_before_methods_were_told(tmp_path) -> None:
    old = {"structure": "a", "metric": "dice", "estimate": 0.5, "low": None, "high": None}
    value = Results("test", "net", (), ValidationSettings(), (), ()).to_json()
    value["summary"] = [{**old, "n": 3, "n_subjects": 3, "excluded": 0, "note": "few"}]
    (row,) = Results.from_json(value).summary
    assert (row.method, row.without, row.n_boxes) == ("bootstrap", (), None)


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "-Infinity"])
def test_scores_that_are_no_numbers_are_damage(tmp_path, bad: str) -> None:
    path = tmp_path / "metrics-test.json"
    score = CaseScore("a", "s", "organ", {"dice": 0.123}, 1.0, 1.0, "none")
    structures = (Structure(1, "organ"),)
    Results("test", "net", structures, ValidationSettings(), (score,), ()).save(path)
    path.write_text(path.read_text().replace("0.123", bad))
    with pytest.raises(MedOptError, match=r"the validation results are damaged.* is no number"):
        load_results(path)


def test_other_tasks_are_told_apart(tmp_path) -> None:
    path = tmp_path / "metrics-test.json"
    ClassResults("test", "net", (), True, ValidationSettings(), (), ()).save(path)
    with pytest.raises(MedOptError, match="of another task: expected segmentation, found classification"):
        Results.load(path)
    path.write_text(json.dumps({"format": 2, "task": "telepathy"}))
    with pytest.raises(MedOptError, match="unknown task: expected segmentation or classification or detection"):
        load_results(path)
