"""The main paths of the training panel, run inside Slicer."""

from __future__ import annotations

from typing import Any

from MedOptCoreLib.packages import lightPackages, workerPackages
from MedOptCoreLib.self_testing import requirePackages, temporaryProject, waitFor


def curvesOfARun(widget: Any) -> None:
    """A recorded run stands in the table, and its curves become plot nodes; a split is made. Needs no torch."""
    import slicer

    from medopt.events import JsonLines
    from medopt.files import write_json

    requirePackages(lightPackages())
    slicer.mrmlScene.Clear(False)
    with temporaryProject(widget, cases=4, labelled=4) as project:
        ui = widget.ui
        widget.enter()
        assert not ui.startButton.enabled, "there is no split yet"
        ui.testSpinBox.value = 25.0
        ui.validationSpinBox.value = 25.0
        ui.splitButton.click()
        assert widget.trainer.split is not None
        folder = project.runs_folder / "run-001"
        folder.mkdir()
        write_json(
            folder / "run.json",
            {"format": 1, "name": "run-001", "state": "stopped", "started": "2026-01-01", "seconds_trained": 60.0},
        )
        with open(folder / "events.jsonl", "w", encoding="utf-8") as stream:
            for step in (10, 20, 30):
                JsonLines(stream).emit("metric", step=step, minutes=step / 30, train_loss=1.0 / step)
            JsonLines(stream).emit("metric", step=30, validation_dice=0.8)
        widget.trainer.reload()
        assert ui.runsTable.rowCount == 1
        ui.runsTable.selectRow(0)
        assert "0.800" in ui.curveLabel.text
        chart = widget.curves.node("loss")
        assert chart.GetNumberOfPlotSeriesNodes() == 1
        assert chart.GetNthPlotSeriesNode(0).GetTableNode().GetNumberOfRows() == 3
        ui.showCurvesButton.click()
        selected = slicer.app.applicationLogic().GetSelectionNode().GetActivePlotChartID()
        assert selected == widget.curves.node(ui.curveSelector.currentData).GetID()
        widget.views.goBack()
        widget.exit()
    slicer.mrmlScene.Clear(False)


def shortTraining(widget: Any, seconds: float = 600) -> None:
    """Train for a few seconds in a worker process and see the run done."""
    requirePackages(lightPackages())
    requirePackages(workerPackages())
    with temporaryProject(widget, cases=6, labelled=6):
        ui = widget.ui
        widget.enter()
        ui.splitButton.click()
        ui.minutesSpinBox.value = 0.1
        ui.startButton.click()
        jobs = widget.panel.jobs
        assert jobs.busy
        assert waitFor(lambda: not jobs.busy, seconds), jobs.log()
        assert jobs.status.state == "done", jobs.log()
        assert [row.state for row in widget.trainer.rows] == ["done"]
        assert widget.curves.node("dice") is not None
        widget.exit()
