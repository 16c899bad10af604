from __future__ import annotations

import numpy as np
import pytest

from medopt.scene import case_chart, plot_from_chart

VALUES = {
    "Anterior": {f"case_{n}": value for n, value in enumerate([0.9, 0.8, 0.7, 0.95, 0.5])},
    "Posterior": {"case_0": 0.4, "case_1": None, "case_2": float("nan"), "case_3": 0.6},
}


def test_every_case_is_a_labelled_point_in_its_column():
    chart = case_chart("Dice", "Dice", VALUES)
    points = {series.name: series for series in chart.series if series.style == "points"}
    assert list(points) == ["Anterior (n = 5)", "Posterior (n = 2)"]
    for column, series in enumerate(points.values(), 1):
        assert all(abs(x - column) <= 0.3 for x in series.x)
        assert len(set(series.x)) == len(series.x)
    assert dict(zip(points["Posterior (n = 2)"].labels, points["Posterior (n = 2)"].y, strict=True)) == {
        "case_0": 0.4,
        "case_3": 0.6,
    }


def test_the_box_stands_at_the_quartiles():
    chart = case_chart("Dice", "Dice", VALUES)
    by_name = {series.name: series for series in chart.series}
    values = list(VALUES["Anterior"].values())
    box, median = by_name["Anterior (n = 5) quartiles"], by_name["Anterior (n = 5) median"]
    assert (min(box.y), max(box.y)) == pytest.approx((np.quantile(values, 0.25), np.quantile(values, 0.75)))
    assert set(median.y) == {np.median(values)}
    assert box.color == by_name["Anterior (n = 5)"].color != by_name["Posterior (n = 2)"].color


def test_the_same_values_give_the_same_chart():
    assert case_chart("Dice", "Dice", VALUES) == case_chart("Dice", "Dice", VALUES)


def test_a_structure_without_values_keeps_its_column(scene):
    chart = case_chart("HD95", "HD95 (mm)", {"A": {}, "B": {"case_0": 2.0}}, {"B": "#112233"})
    assert [series.name for series in chart.series][:2] == ["A (n = 0)", "B (n = 1)"]
    assert all(abs(x - 2) <= 0.3 for x in chart.series[1].x)
    assert chart.series[1].color == "#112233"
    assert plot_from_chart(scene, chart).GetNumberOfPlotSeriesNodes() == 4
