"""Curves over the score as charts that a plot node takes."""

from __future__ import annotations

import numpy as np
import pytest
from results_made import classified, detected, voxels_counted
from sklearn.metrics import auc

from medopt.scene import plot_from_chart
from medopt.scene.result_charts import chart_names, result_chart
from medopt.validation import CaseScore, Results, Structure, ValidationSettings


def test_roc_curves_have_the_area_that_their_name_tells(scene):
    results = classified(400)
    chart = result_chart(results, "roc", {"ill": "#123456"})
    row = results.row("ill", "auroc")
    (ill,) = (series for series in chart.series if series.name.startswith("ill"))
    assert ill.name == f"ill {row.estimate:.3f} [{row.low:.3f}, {row.high:.3f}], n = 400"
    assert auc(ill.x, ill.y) == pytest.approx(row.estimate, abs=0.01)
    assert ill.color == "#123456"
    assert chart.series[-1].name == "chance"
    assert plot_from_chart(scene, chart).GetNumberOfPlotSeriesNodes() == 3


def test_froc_and_precision_of_boxes():
    results = detected()
    assert chart_names(results) == ("froc", "precision")
    chart = result_chart(results, "froc")
    assert chart.x_title == "False boxes an image"
    cell = chart.series[0]
    # of the 6 boxes of this class the first one is never found, and 2 of 12 images hold a false one
    assert max(cell.y) == pytest.approx(5 / 6)
    assert cell.name.endswith("6 boxes")
    precision = result_chart(results, "precision").series[0]
    assert np.interp(0.5, precision.x, precision.y) == pytest.approx(1.0)
    assert precision.y[-1] == 0.0


def test_classes_without_a_curve_have_no_line():
    chart = result_chart(classified(names=("a",)), "roc")
    assert [series.name for series in chart.series] == ["chance"]


def volumes(n: int) -> Results:
    random = np.random.default_rng(3)
    cases = tuple(
        CaseScore(f"c{i}", f"s{i}", "liver", {"dice": 0.9}, 100.0 + i, float(101 + i + random.normal()), "none")
        for i in range(n)
    )
    return Results("test", "net", (Structure(1, "liver"),), ValidationSettings(), cases, ())


def test_bland_altman_has_a_labelled_point_a_case_and_the_limits_with_intervals(scene):
    results = volumes(12)
    assert chart_names(results) == ("volumes",)
    chart = result_chart(results, "volumes", {"liver": "#00ff00"})
    points, bias, lower, upper = chart.series
    assert (points.name, points.style, list(points.labels)) == ("liver, n = 12", "points", [f"c{i}" for i in range(12)])
    assert points.y[4] == pytest.approx(results.cases[4].predicted_ml - 104)
    assert points.x[4] == pytest.approx((results.cases[4].predicted_ml + 104) / 2)
    found = results.volume_agreement("liver")
    assert set(bias.y) == {found.bias.estimate}
    assert set(upper.y) == {found.upper.estimate}
    assert lower.name == (
        f"liver lower limit {found.lower.estimate:.2f} [{found.lower.low:.2f}, {found.lower.high:.2f}]"
    )
    assert plot_from_chart(scene, chart).GetNumberOfPlotSeriesNodes() == 4


def test_bland_altman_of_one_and_of_no_case():
    (points, bias) = result_chart(volumes(1), "volumes").series
    assert (points.name, bias.name) == ("liver, n = 1", f"liver bias {bias.y[0]:.2f}")
    assert result_chart(volumes(0), "volumes").series == ()


def test_reliability_tells_the_error_and_what_chance_gives():
    results = classified(400)
    chart = result_chart(results, "reliability")
    by_name = {series.name: series for series in chart.series}
    row = results.row("ill", "ece")
    line = by_name[f"ill, error {row.estimate:.3f} (chance: < {row.by_chance:.3f}), n = 400"]
    points = [p for p in results.reliability("ill") if p.given is not None]
    assert list(line.y) == [p.true.estimate for p in points]
    assert by_name["ill bins"].labels[0] == f"{points[0].true.n} cases"
    assert len(by_name["ill low"].y) == sum(p.true.low is not None for p in points)
    assert all(a <= b for a, b in zip(by_name["ill low"].y, by_name["ill high"].y, strict=True))


def test_voxels_have_the_diagram_of_classes_and_a_point_a_case(scene):
    results = voxels_counted(volumes(12), overall=False)
    assert chart_names(results) == ("volumes", "reliability", "case-calibration")
    chart = result_chart(results, "reliability", {"liver": "#00ff00"})
    row = results.calibration_row("liver")
    assert chart.series[0].name == (
        f"liver, error {row.estimate:.3f} [{row.low:.3f}, {row.high:.3f}] (chance: < {row.by_chance:.3f}), n = 12"
    )
    assert list(chart.series[0].y) == pytest.approx([p.true.estimate for p in results.reliability("liver")])
    assert chart.y_title == "Share of voxels in the structure"
    points = result_chart(results, "case-calibration").series[0]
    assert list(points.labels) == [f"c{i}" for i in range(12)]
    assert list(points.y) == pytest.approx([case.values["ece"] for case in results.calibration.cases])
    assert plot_from_chart(scene, chart).GetNumberOfPlotSeriesNodes() == len(chart.series)
