"""The rounds as a chart in the scene."""

from __future__ import annotations

import pytest

from medopt.labelling.bias import measure_bias
from medopt.labelling.estimate import Estimate
from medopt.labelling.round_figures import Course, RoundFigures
from medopt.scene.plots import plot_from_chart, remove_plot, update_plot
from medopt.scene.rounds_chart import rounds_chart


def course(*rounds: RoundFigures, task: str = "segmentation") -> Course:
    return Course(tuple(rounds), None, measure_bias([]), "Dice", task)


FIRST = RoundFigures(1, 12, Estimate(0.8, 0.75, 0.84, 12), Estimate(90, 80, 100, 12), None, None, None)
SECOND = RoundFigures(2, 3, Estimate(0.9, None, None, 3), Estimate(60, None, None, 3), None, None, None)


def column(node, place: int, name: str) -> list:
    values = node.GetNthPlotSeriesNode(place).GetTableNode().GetTable().GetColumnByName(name)
    return [values.GetValue(row) for row in range(values.GetNumberOfValues())]


def test_means_with_their_n_and_the_interval_where_there_is_one(scene) -> None:
    node = plot_from_chart(scene, rounds_chart(course(FIRST, SECOND)))
    assert column(node, 0, "round") == [1, 2]
    assert column(node, 0, "mean") == [0.8, 0.9]
    assert column(node, 0, "case") == ["round 1, n = 12", "round 2, n = 3"]
    assert column(node, 1, "95 % from") == [0.75]
    assert column(node, 2, "95 % to") == [0.84]
    assert node.GetYAxisTitle() == "Dice"
    assert list(node.GetYAxisRange()) == [0, 1]
    update_plot(scene, node, rounds_chart(course(SECOND), "seconds"))
    assert node.GetNumberOfPlotSeriesNodes() == 1
    assert column(node, 0, "mean") == [60]
    assert node.GetYAxisRangeAuto()
    remove_plot(scene, node)


@pytest.mark.parametrize("figure", ["score", "path", "seconds", "as_is"])
def test_a_project_without_labels_has_an_empty_chart(scene, figure) -> None:
    node = plot_from_chart(scene, rounds_chart(course(task="detection"), figure))
    assert column(node, 0, "round") == []
    remove_plot(scene, node)
