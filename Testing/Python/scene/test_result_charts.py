"""Curves over the score as charts that a plot node takes."""

from __future__ import annotations

import numpy as np
import pytest
from results_made import classified, detected
from sklearn.metrics import auc

from medopt.scene import plot_from_chart
from medopt.scene.result_charts import chart_names, result_chart


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
