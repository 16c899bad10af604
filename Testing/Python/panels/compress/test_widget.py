"""The section in the panel, on stand-ins."""

from __future__ import annotations

from itertools import pairwise

import pytest
import vtk
from MedOptValidateLib.compress_branches import Branches
from MedOptValidateLib.compress_self_test import NAME, recordCompression, smallerModels
from MedOptValidateLib.compress_words import Wishes
from MedOptValidateLib.self_test import recordValidation

from medopt.scene import marked_nodes
from medopt.scene.tables import columns_from_table

STUDENT = f"{NAME}-width-50"
ROWS = [{"branch": "teacher", "what": "the run as it is", "training": "none"}]


def options(line):
    """Option → value of a command line."""
    return dict(pairwise(line))


@pytest.mark.parametrize("window", [False, True])
def test_the_self_test_passes_on_the_stand_ins(application, window):
    app = application(window=window)
    smallerModels(app.open("MedOptValidate"))
    assert app.errors == []


def test_fields_reach_the_worker_and_0_is_any(application, project, library):
    recordValidation(project, ("case-0", "case-1"))
    app = application(window=True)
    widget = app.open("MedOptValidate")
    widget.enter()
    widget.panel.head.open(project.folder)
    ui = widget.ui
    assert widget.compress.wishes == Wishes("run-001")
    ui.keepSpinBox.value = 97.5
    ui.maxLatencySpinBox.value = 20
    ui.compressMinutesSpinBox.value = 5
    ui.compressPlanButton.click()
    library.jobs[-1].tell("result", title="Plan", rows=ROWS, path="")
    library.jobs[-1].finish()
    widget.panel.jobs.poll()
    ui.compressButton.click()
    line = options(library.started[-1])
    assert (line["--keep"], line["--minutes"], line["--max-latency"]) == ("0.975", "5", "20ms")
    assert "--max-size" not in library.started[-1]
    assert app.errors == []


def test_branches_and_engine_are_chosen_in_the_panel(application, project, library, monkeypatch):
    from medopt.inference import runtimes

    monkeypatch.setattr(runtimes, "missing_packages", lambda name: ("torch", "onnx") if name == "torch" else ())
    recordValidation(project, ("case-0", "case-1"))
    app = application(window=True)
    widget = app.open("MedOptValidate")
    widget.enter()
    ui = widget.ui
    ui.compressSection.collapsed = False
    assert ui.compressEngineSelector.count == 0
    widget.panel.head.open(project.folder)
    assert [ui.compressEngineSelector.itemText(n) for n in range(2)] == ["onnxruntime", "openvino"]
    assert ui.compressEngineSelector.count == 2
    assert ui.compressEngineSelector.currentData == "onnxruntime"
    assert "torch cannot be chosen" in ui.compressEngineSelector.toolTip
    assert (ui.removedEdit.text, ui.widthsEdit.text) == (Branches().removed, Branches().widths)
    assert not ui.removedProblemLabel.visible
    ui.widthsEdit.type_text("150")
    assert ui.widthsProblemLabel.visible
    assert "150 is not between" in ui.widthsProblemLabel.text
    assert not ui.removedProblemLabel.visible, "each beside its field"
    assert ui.compressPlanButton.toolTip == ui.widthsProblemLabel.text
    assert not ui.compressPlanButton.enabled
    ui.widthsEdit.type_text("40")
    ui.prunedCheck.click()
    ui.coarseEdit.type_text("x")
    assert "x is not a number" in ui.coarseProblemLabel.text
    ui.coarseCheck.click()
    assert not ui.coarseEdit.enabled
    assert not ui.coarseProblemLabel.visible
    ui.networksCheck.click()
    assert not ui.removedEdit.enabled
    assert not ui.widthsProblemLabel.visible
    ui.compressEngineSelector.choose(1)
    ui.compressPlanButton.click()
    sets = ["--set", "removed=[]", "--set", "widths=[0.4]", "--set", "coarse=[]", "--set", "networks=[]"]
    assert library.started[-1][-9:-1] == sets
    library.jobs[-1].tell("result", title="Plan", rows=ROWS, path="")
    library.jobs[-1].finish()
    widget.panel.jobs.poll()
    ui.compressButton.click()
    assert options(library.started[-1])["--runtime"] == "openvino"
    assert app.errors == []


def test_a_selected_point_opens_the_report(application, project):
    recordValidation(project, ("case-0", "case-1"))
    recordCompression(project)
    app = application(window=True)
    widget = app.open("MedOptValidate")
    widget.enter()
    widget.panel.head.open(project.folder)
    layout = app.app.layoutManager().layout
    widget.ui.showFrontButton.click()
    assert app.app.layoutManager().layout != layout
    (chart,) = marked_nodes(app.scene, role="compression front")
    series = next(
        chart.GetNthPlotSeriesNode(n)
        for n in range(chart.GetNumberOfPlotSeriesNodes())
        if chart.GetNthPlotSeriesNode(n).GetName() == "Beaten by others"
    )
    names = list(columns_from_table(series.GetTableNode())["case"])
    ids, places, rows = vtk.vtkStringArray(), vtk.vtkCollection(), vtk.vtkIdTypeArray()
    ids.InsertNextValue(series.GetID())
    rows.InsertNextValue(names.index(STUDENT))
    places.AddItem(rows)
    for listener in (widget.resultsWidget, widget.compressWidget):
        listener.onPointsSelected(ids, places)
    assert app.opened == [f"file://{project.runs_folder / STUDENT / 'report-validation.html'}"]
    widget.ui.showFrontButton.click()
    assert app.app.layoutManager().layout == layout
    assert app.errors == []
