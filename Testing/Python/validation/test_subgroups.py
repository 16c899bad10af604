"""Subgroups: who is in them, their figures against plain means, and what is no group."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from results_made import classified, detected
from sklearn.metrics import roc_auc_score

from medopt.errors import MedOptError
from medopt.validation.selection import of_cases, of_structures
from medopt.validation.subgroups import load_subgroups, make_subgroups, save_subgroups
from medopt.validation.table import Structure


def test_each_group_has_the_figure_of_its_cases_alone(tmp_path: Path) -> None:
    results = classified(24)
    names = [case.case for case in results.cases]
    attributes = {name: {"site": "A" if n < 10 else "B"} for n, name in enumerate(names)}
    rows = make_subgroups(results, attributes)
    assert [(row.value, row.n_subjects) for row in rows] == [("A", 10), ("B", 14)]
    some = results.cases[:10]
    truth = [case.present == ("ill",) for case in some]
    assert rows[0].estimate == pytest.approx(roc_auc_score(truth, [case.probabilities["ill"] for case in some]))
    save_subgroups(tmp_path, results, rows)
    assert load_subgroups(tmp_path, "test") == rows
    assert load_subgroups(tmp_path, "train") == ()


def test_numbers_are_divided_into_three_groups_of_about_one_size() -> None:
    results = detected(12)
    names = [case.case for case in results.cases]
    rows = make_subgroups(results, {name: {"age": str(30 + 4 * n)} for n, name in enumerate(names)})
    assert [row.n for row in rows] == [4, 4, 4]
    assert rows[0].value.startswith("30 to ")
    assert all(row.low is None and "expected at least 5" in row.note for row in rows)


def test_what_divides_nothing_is_no_group_and_silence_is_one() -> None:
    results = classified(24)
    names = [case.case for case in results.cases]
    attributes = {name: {"scanner": "one", "serial": f"x{n}"} for n, name in enumerate(names)}
    assert make_subgroups(results, attributes) == ()
    for name in names[:6]:
        del attributes[name]["scanner"]
    assert [(row.value, row.n_subjects) for row in make_subgroups(results, attributes)] == [
        ("one", 18),
        ("not told", 6),
    ]
    assert make_subgroups(results, {}) == ()


def test_a_choice_of_structures_is_scored_as_if_the_others_were_not_there() -> None:
    results = detected(12)
    kept = of_structures(results, {"ill": Structure(9, "sick")})
    assert [s.name for s in kept.structures] == ["sick"]
    assert kept.row("sick", "ap50").estimate == results.row("ill", "ap50").estimate
    assert {box.structure for case in kept.scored for box in case.boxes} == {"sick"}  # type: ignore[attr-defined]
    assert of_structures(results, {s.name: s for s in results.structures}) is results
    with pytest.raises(MedOptError, match="not measured"):
        of_structures(results, {"none": Structure(1, "x")})


def test_exclusive_probabilities_are_scaled_and_cases_of_other_classes_go() -> None:
    results = classified(24)
    kept = of_structures(results, {"ill": Structure(1, "ill")})
    assert kept.n_cases == 12
    assert np.allclose([case.probabilities["ill"] for case in kept.scored], 1)  # type: ignore[attr-defined]


def test_cases_that_were_not_scored_make_no_results() -> None:
    with pytest.raises(MedOptError, match="none of the cases"):
        of_cases(classified(24), {"nobody"})
