"""Bringing tables and plots into the layout and back."""

import pytest

from MedOptCoreLib.views import ViewSwitch


class Layouts:
    layout = 3

    def setLayout(self, layout):
        self.layout = layout


@pytest.fixture
def table(mrml):
    return mrml.AddNewNodeByClass("vtkMRMLTableNode", "scores")


def test_a_layout_without_table_view_is_changed_and_brought_back(headless, mrml, table):
    layouts = Layouts()
    switch = ViewSwitch(layouts, headless.application, mrml)
    switch.showTable(table)
    assert switch.switched
    assert layouts.layout != 3
    assert headless.application.GetSelectionNode().GetActiveTableID() == table.GetID()
    switch.goBack()
    assert layouts.layout == 3
    assert not switch.switched


def test_a_layout_that_has_the_view_stays(headless, mrml, table):
    view = mrml.AddNewNodeByClass("vtkMRMLTableViewNode", "view")
    view.SetMappedInLayout(True)
    layouts = Layouts()
    switch = ViewSwitch(layouts, headless.application, mrml)
    switch.showTable(table)
    assert layouts.layout == 3
    assert not switch.switched


def test_a_layout_that_the_user_chose_meanwhile_stays(headless, mrml):
    chart = mrml.AddNewNodeByClass("vtkMRMLPlotChartNode", "curves")
    layouts = Layouts()
    switch = ViewSwitch(layouts, headless.application, mrml)
    switch.showPlot(chart)
    assert headless.application.GetSelectionNode().GetActivePlotChartID() == chart.GetID()
    layouts.layout = 4
    switch.goBack()
    assert layouts.layout == 4


def test_another_chart_in_the_layout_of_this_choice_leaves_the_way_back(headless, mrml):
    layouts = Layouts()
    switch = ViewSwitch(layouts, headless.application, mrml)
    for name in ("first", "second"):
        switch.showPlot(mrml.AddNewNodeByClass("vtkMRMLPlotChartNode", name))
    switch.goBack()
    assert layouts.layout == 3


def test_without_main_window_only_the_selection_changes(headless, mrml, table):
    switch = ViewSwitch(None, headless.application, mrml)
    switch.showTable(table)
    switch.goBack()
    assert headless.application.GetSelectionNode().GetActiveTableID() == table.GetID()


class PlotView:
    """A strict qMRMLPlotView: one signal."""

    def __init__(self):
        self.listeners = []

    def connect(self, signal, listener):
        assert signal == "dataSelected(vtkStringArray*,vtkCollection*)"
        self.listeners.append(listener)

    def disconnect(self, signal, listener):
        assert signal == "dataSelected(vtkStringArray*,vtkCollection*)"
        self.listeners.remove(listener)


def test_selected_points_are_heard_once_from_the_views_that_show_a_plot(headless, mrml):
    node = mrml.AddNewNodeByClass("vtkMRMLPlotViewNode", "view")
    node.SetMappedInLayout(True)
    chart = mrml.AddNewNodeByClass("vtkMRMLPlotChartNode", "curves")
    view = PlotView()

    class Widget:
        plotView = staticmethod(lambda: view)
        mrmlPlotViewNode = staticmethod(lambda: node)

    layouts = Layouts()
    layouts.plotViewCount, layouts.plotWidget = 1, lambda _place: Widget
    switch, heard = ViewSwitch(layouts, headless.application, mrml), []

    def listener(ids, places):
        heard.append((ids, places))

    switch.whenPointsSelected(listener)
    assert view.listeners == []
    switch.showPlot(chart)
    switch.showPlot(chart)
    assert view.listeners == [listener]
    assert node.GetInteractionMode() == node.InteractionModeSelectPoints
    view.listeners[0]("ids", "places")
    assert heard == [("ids", "places")]
    switch.whenPointsSelected(None)
    assert view.listeners == []
