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


def test_without_main_window_only_the_selection_changes(headless, mrml, table):
    switch = ViewSwitch(None, headless.application, mrml)
    switch.showTable(table)
    switch.goBack()
    assert headless.application.GetSelectionNode().GetActiveTableID() == table.GetID()
