from __future__ import annotations

import pytest

from medopt.errors import MedOptError
from medopt.scene import Chart, Series, columns_from_table, marked_nodes, plot_from_chart, remove_plot, update_plot


def chart_of(*series: Series, **more) -> Chart:
    return Chart("Loss of run 1", "Training steps", "Loss", series, **more)


def series_of(node) -> dict:
    return {
        node.GetNthPlotSeriesNode(index).GetName(): node.GetNthPlotSeriesNode(index)
        for index in range(node.GetNumberOfPlotSeriesNodes())
    }


def test_a_chart_has_titles_series_and_tables(scene):
    node = plot_from_chart(scene, chart_of(Series("Training", [0, 100], [1.5, 0.5]), y_range=(0.0, 2.0)))
    assert (node.GetTitle(), node.GetXAxisTitle(), node.GetYAxisTitle()) == ("Loss of run 1", "Training steps", "Loss")
    assert not node.GetYAxisRangeAuto()
    assert node.GetYAxisRange() == (0.0, 2.0)
    series = series_of(node)["Training"]
    assert series.GetXColumnName() == "Training steps"
    assert series.GetYColumnName() == "Training"
    assert columns_from_table(series.GetTableNode()) == {"Training steps": [0.0, 100.0], "Training": [1.5, 0.5]}
    assert series.GetPlotType() == series.PlotTypeScatter
    assert series.GetLineStyle() == series.LineStyleSolid


def test_points_carry_their_cases(scene):
    node = plot_from_chart(scene, chart_of(Series("Anterior", [1, 2], [0.5, 0.75], ("case_7", "case_9"), "points")))
    series = series_of(node)["Anterior"]
    assert series.GetLineStyle() == series.LineStyleNone
    assert series.GetMarkerStyle() == series.MarkerStyleCircle
    assert series.GetLabelColumnName() == "case"
    assert columns_from_table(series.GetTableNode())["case"] == ["case_7", "case_9"]


def test_a_growing_run_updates_in_place(scene):
    node = plot_from_chart(scene, chart_of(Series("Training", [0], [1.5])))
    series = series_of(node)["Training"]
    told: list[str] = []
    series.AddObserver(series.TableModifiedEvent, lambda *_: told.append("table"))
    nodes = scene.GetNumberOfNodes()
    update_plot(scene, node, chart_of(Series("Training", [0, 1, 2], [1.5, 1.0, 0.5])))
    assert scene.GetNumberOfNodes() == nodes
    assert series_of(node)["Training"] is series
    assert columns_from_table(series.GetTableNode())["Training"] == [1.5, 1.0, 0.5]
    assert told


def test_series_come_and_go(scene):
    node = plot_from_chart(scene, chart_of(Series("Training", [0], [1.5]), Series("Old", [0], [1])))
    update_plot(scene, node, chart_of(Series("Training", [0], [1.5]), Series("Validation", [0], [1.6])))
    assert list(series_of(node)) == ["Training", "Validation"]
    assert scene.GetNumberOfNodesByClass("vtkMRMLTableNode") == 2
    assert scene.GetNumberOfNodesByClass("vtkMRMLPlotSeriesNode") == 2


def test_points_that_are_no_numbers_are_left_out(scene):
    node = plot_from_chart(
        scene, chart_of(Series("HD95", [1, 2, 3], [1.0, float("nan"), float("inf")], ("a", "b", "c")))
    )
    table = series_of(node)["HD95"].GetTableNode()
    assert columns_from_table(table) == {"Training steps": [1.0], "HD95": [1.0], "case": ["a"]}


def test_an_empty_series_keeps_number_columns(scene):
    node = plot_from_chart(scene, chart_of(Series("Training", [], [])))
    table = series_of(node)["Training"].GetTableNode().GetTable()
    assert [table.GetColumn(index).GetClassName() for index in range(2)] == ["vtkDoubleArray"] * 2


def test_series_differ_in_colour_unless_told(scene):
    node = plot_from_chart(
        scene, chart_of(Series("a", [1], [1]), Series("b", [1], [1]), Series("c", [1], [1], color="#ff0000"))
    )
    colors = [series.GetColor() for series in series_of(node).values()]
    assert len(set(colors)) == 3
    assert colors[2] == (1.0, 0.0, 0.0)


def test_removing_a_chart_leaves_the_users_own(scene):
    own = scene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", "mine")
    node = plot_from_chart(scene, chart_of(Series("Training", [0], [1.5])))
    remove_plot(scene, node)
    assert marked_nodes(scene) == []
    assert scene.IsNodePresent(own)


def test_values_that_do_not_fit_are_refused():
    with pytest.raises(
        MedOptError, match=r"Training: the values of a series differ in number.*found 2 x, 1 y, 0 labels"
    ):
        Series("Training", [1, 2], [1])
    with pytest.raises(MedOptError, match="2 x, 2 y, 1 labels"):
        Series("Training", [1, 2], [1, 2], ["a"])


def test_series_of_one_name_are_refused():
    with pytest.raises(MedOptError, match="two series of a chart have one name"):
        chart_of(Series("a", [], []), Series("a", [], []))


@pytest.mark.parametrize(("name", "labels"), [("Training steps", ()), ("case", ("case_1",))])
def test_a_series_named_like_another_column_is_refused(name, labels):
    with pytest.raises(MedOptError, match="a series may not be called so"):
        chart_of(Series(name, [1], [1], labels))


def test_a_table_that_the_user_deleted_comes_back(scene):
    chart = chart_of(Series("Training", [0, 1], [1.5, 1.0]))
    node = plot_from_chart(scene, chart)
    scene.RemoveNode(series_of(node)["Training"].GetTableNode())
    update_plot(scene, node, chart)
    assert columns_from_table(series_of(node)["Training"].GetTableNode())["Training"] == [1.5, 1.0]


def test_selected_points_are_named_by_their_labels(scene):
    import vtk

    from medopt.scene.plots import selected_labels

    node = plot_from_chart(
        scene,
        chart_of(
            Series("Anterior", [1, 2, 3], [0.5, float("nan"), 0.75], ("case_7", "case_8", "case_9"), "points"),
            Series("bias", [0, 1], [0.1, 0.1]),
        ),
    )
    ids, places = vtk.vtkStringArray(), vtk.vtkCollection()
    for name, rows in (("bias", (0,)), ("Anterior", (1, 0, 1, 5))):
        ids.InsertNextValue(series_of(node)[name].GetID())
        found = vtk.vtkIdTypeArray()
        for row in rows:
            found.InsertNextValue(row)
        places.AddItem(found)
    ids.InsertNextValue("no such node")
    places.AddItem(vtk.vtkIdTypeArray())
    # the point that is no number has no row, and row 5 is gone
    assert selected_labels(scene, ids, places) == ["case_9", "case_7"]
    assert selected_labels(scene, vtk.vtkStringArray(), vtk.vtkCollection()) == []
