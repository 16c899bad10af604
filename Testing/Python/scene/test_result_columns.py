"""Results of any task as a table node."""

from __future__ import annotations

import pytest
from results_made import classified, detected

from medopt.scene.result_columns import result_columns
from medopt.scene.tables import columns_from_table, table_from_columns
from medopt.validation import CaseScore, Results, ValidationSettings


def test_classified_cases_come_worst_first(scene):
    results = classified()
    columns, units = result_columns(results)
    node = table_from_columns(scene, columns, "scores", units=units)
    found = columns_from_table(node)
    assert found["Case"][0] == "c00"
    assert found["Probability of the truth"] == sorted(found["Probability of the truth"])
    assert (found["Reference"][0], found["Predicted"][0], found["P(ill)"][0]) == ("well", "ill", pytest.approx(0.99))
    assert len(found["Case"]) == 24


def test_cases_with_boxes_come_worst_first(scene):
    columns, units = result_columns(detected())
    found = columns_from_table(table_from_columns(scene, columns, "scores", units=units))
    assert [found[name][0] for name in ("Case", "Boxes", "Found", "Missed", "False")] == ["c00", 1, 0, 1, 1]
    assert (found["Mean IoU"][0], found["Surest false"][0]) == (None, pytest.approx(0.4))
    assert sum(found["Found"]) == 11
    assert found["Mean IoU"][-1] == pytest.approx(5.5 / 6.5)


def test_segmented_structures_keep_their_order_and_units():
    scores = tuple(
        CaseScore(case, "s", "body", {"dice": dice, "hd95_mm": None}, 1.0, 1.0, "none")
        for case, dice in (("b", 0.9), ("a", 0.1))
    )
    columns, units = result_columns(Results("test", "m", (), ValidationSettings(), scores, ()))
    assert (columns["Case"], columns["Dice"], columns["HD95"]) == (["b", "a"], [0.9, 0.1], [None, None])
    assert units["HD95"] == "mm"
