"""The picture of two models: every case, and differences with intervals and p-values."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from results_made import classified, detected

from medopt.metrics import METRICS
from medopt.report.comparison_picture import case_scores, draw_comparison
from medopt.report.figures.canvas import to_png, to_svg
from medopt.validation import CaseScore, Results, Structure, ValidationSettings, compare_results
from medopt.validation.summary import summarize

SETTINGS = ValidationSettings.model_validate({"bootstrap": {"samples": 300}})


def measured(values: np.ndarray) -> Results:
    cases = tuple(
        CaseScore(f"c{n}", f"s{n}", "organ", dict.fromkeys(METRICS, float(v)), 1.0, 1.0, "none")
        for n, v in enumerate(values)
    )
    structures = (Structure(1, "organ"),)
    return Results("test", "net", structures, SETTINGS, cases, summarize(cases, ["organ"], SETTINGS.bootstrap))


def texts(drawing) -> list[str]:
    root = ElementTree.fromstring(to_svg(drawing, "comparison"))
    return ["".join(t.itertext()) for t in root.iter() if t.tag.endswith("text")]


def test_it_names_models_metrics_and_p_values_and_counts_better_cases() -> None:
    one = np.linspace(0.6, 0.9, 10)
    other = one + 0.02
    other[0], other[1] = one[0] - 0.01, one[1]
    results = measured(one), measured(other)
    rows = compare_results(*results, metrics=("dice", "hd95_mm", "volume_difference_ml"))
    drawing = draw_comparison(("old", "new <x>"), results, rows)
    found = texts(drawing)
    assert {"old", "new <x>", "organ", "Dice, organ", "HD95, all"} <= set(found)
    assert not any("Volume" in text for text in found)  # no value of it is better because it is higher
    (dice,) = [row for row in rows if (row.structure, row.metric) == ("organ", "dice")]
    assert f"p {dice.p_adjusted:.3f}" in found
    assert "8 points above, 1 below, 1 on it" in drawing.caption
    assert to_png(drawing, dots_per_inch=40).startswith(b"\x89PNG")


@pytest.mark.parametrize("n", [1, 3])
def test_few_cases_have_points_and_no_intervals(n: int) -> None:
    results = measured(np.full(n, 0.7)), measured(np.full(n, 0.8))
    drawing = draw_comparison(("a", "b"), results, compare_results(*results))
    assert not any(text.startswith("p ") for text in texts(drawing))


@pytest.mark.parametrize("made", [classified, detected])
def test_other_tasks(made) -> None:
    results = made(20), made(20)
    drawing = draw_comparison(("a", "b"), results, compare_results(*results))
    assert "20 on it" in drawing.caption
    ElementTree.fromstring(to_svg(drawing, "c"))


def test_the_score_of_a_case_is_that_of_its_task() -> None:
    assert case_scores(measured(np.array([0.5]))) == {("c0", "organ"): 0.5}
    labels = classified(6)
    assert case_scores(labels)["c03", ""] == labels.cases[3].agreement
    boxes = case_scores(detected(6))
    assert (boxes["c00", ""], boxes["c01", ""]) == (0.0, 1.0)
    nothing = replace(detected(1), cases=(replace(detected(1).cases[0], boxes=()),))
    assert case_scores(nothing) == {}
