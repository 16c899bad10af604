"""The cohort as a chart in the scene."""

from __future__ import annotations

from medopt.labelling.cohort_map import CohortMap, CohortPoint
from medopt.scene.core_set_chart import core_set_chart
from medopt.scene.plots import plot_from_chart, remove_plot, update_plot

POINTS = (
    CohortPoint("a", 0.5, 1.0, "other", 0, "b"),
    CohortPoint("b", 2.0, 3.0, "chosen", 2, "b"),
    CohortPoint("c", 4.0, 5.0, "chosen", 1, "c"),
)


def test_a_cloud_a_role_whose_points_name_their_cases(scene) -> None:
    node = plot_from_chart(scene, core_set_chart(CohortMap(POINTS, ())))
    assert node.GetNumberOfPlotSeriesNodes() == 2
    other, core = (node.GetNthPlotSeriesNode(n) for n in range(2))
    assert (other.GetName(), core.GetName()) == ("other (n = 1)", "core set (n = 2)")
    assert core.GetPlotType() == core.PlotTypeScatter
    assert core.GetLineStyle() == core.LineStyleNone
    table = core.GetTableNode().GetTable()
    rows = [
        [table.GetColumnByName(name).GetValue(row) for name in ("case", "first principal component", core.GetName())]
        for row in range(2)
    ]
    assert rows == [["c", 4.0, 5.0], ["b", 2.0, 3.0]]
    update_plot(scene, node, core_set_chart(CohortMap(POINTS[:1], ())))
    assert node.GetNumberOfPlotSeriesNodes() == 1
    remove_plot(scene, node)


def test_an_empty_cohort_has_no_series() -> None:
    assert core_set_chart(CohortMap((), ())).series == ()
