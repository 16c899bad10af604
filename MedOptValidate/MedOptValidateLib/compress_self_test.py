"""The section Compress, run inside Slicer on a compression that is written by hand."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from MedOptCoreLib.packages import lightPackages
from MedOptCoreLib.self_testing import requirePackages, temporaryProject
from MedOptValidateLib.self_test import recordValidation

NAME = "run-001-small"


def recordCompression(project: Any, *, finished: bool = True) -> Path:
    """Write a compression of run-001: all of it, or what is there when it was stopped after the teacher was measured.

    The student in 8 bit is 8 times as fast as the teacher and is taken; in float it was refused, as it is larger than
    the limit. The student's run has a report of its validation cases.
    """
    from medopt.compression.chain.plan import Branch, ChainSettings, Plan
    from medopt.files import write_json, write_text

    folder = Path(project.folder) / "compression" / NAME
    branches = (Branch("teacher", "teacher"), Branch("control", "control"), Branch("width-50", "distill", 0.5))
    settings = ChainSettings(keep=0.95, minutes=12, widths=(0.5,), removed=())
    write_json(folder / "plan.json", Plan("run-001", "0" * 64, settings, branches, {}, 5.0, 120.0).to_json())
    models = _models()
    for one in models if finished else models[:2]:
        run = "run-001" if one.branch == "teacher" else f"{NAME}-{one.branch}"
        write_json(Path(project.models_folder) / one.name / "metadata.json", {"medopt": {"run": run}})
        write_json(folder / "scores" / f"{one.name}.json", {"cases": []})
        if one.branch != "teacher":
            home = project.runs_folder / run
            record = {"format": 1, "name": run, "state": "done", "started": "2026-02-01", "seconds_trained": 300.0}
            write_json(home / "run.json", record)
            write_json(home / "compression.json", {"step": "distill", "parent": "run-001"})
    if finished:
        write_json(folder / "front.json", _front(models))
        write_text(project.runs_folder / f"{NAME}-width-50" / "report-validation.html", "<html></html>")
    return folder


def _models() -> list[Any]:
    from medopt.compression.chain.choice import Candidate

    found, large = [], 4_000_000
    for branch, size, score in (("teacher", large, 0.9), ("control", large, 0.91), ("width-50", large // 4, 0.9)):
        for bits in (32, 8):
            kept = score / 0.91
            found.append(
                Candidate(
                    name=f"{NAME}-{branch}" + ("" if bits == 32 else "-int8"),
                    branch=branch,
                    bits=bits,
                    parameters=size // 4,
                    multiply_adds=250 * size,
                    bytes=size if bits == 32 else size // 4,
                    latency_ms=(16.0 if bits == 32 else 8.0) * size / large,
                    score=score,
                    ratio=kept,
                    low=kept - 0.01,
                    high=kept + 0.01,
                    classes=(("Anterior", kept), ("Posterior", None)),
                    is_reference=bits == 32 and branch != "width-50",
                )
            )
    return found


def _front(models: list[Any]) -> dict[str, Any]:
    from medopt.compression.chain.choice import Rules, choose
    from medopt.compression.chain.front import front_of

    rules = Rules(0.95, 0.9, None, 600_000)
    choice = choose(models, rules)
    return {
        "format": 1,
        "run": "run-001",
        "metric": "dice",
        "engine": "onnxruntime",
        "validation_cases": 6,
        "rules": asdict(rules),
        "candidates": [{**asdict(one), "times_faster": 16.0 / one.latency_ms} for one in models],
        "front": list(front_of(models)),
        "taken": choice.taken,
        "nearest": choice.nearest,
        "refused": {name: list(why) for name, why in choice.refused.items()},
        "ended": {},
        "left_out": {},
    }


def smallerModels(widget: Any) -> None:
    """A recorded compression is listed with plan, models and reasons; its front is drawn; a model is chosen.

    Before, branches and engine of a new one are chosen.
    """
    import slicer

    from medopt.scene import marked_nodes

    requirePackages(lightPackages())
    slicer.mrmlScene.Clear(False)
    with temporaryProject(widget, cases=3, labelled=3) as project:
        recordValidation(project, ("case-0", "case-1", "case-2"))
        recordCompression(project)
        ui, section = widget.ui, widget.compress
        widget.validator.reload()
        ui.compressSection.collapsed = False
        widget.enter()
        assert ui.compressRunSelector.currentData == "run-001", "not one that a compression made"
        assert ui.compressionSelector.currentData == NAME
        assert "3 of 3 branches" in ui.compressLabel.text
        assert ui.modelTable.rowCount == 6
        assert ui.modelTable.item(0, 0).text() == f"★ {NAME}-width-50-int8"
        assert "more than 600,000" in ui.modelTable.item(1, 5).text()
        assert "the speed" in ui.modelLabel.text
        _wishedBranches(ui, section)
        ui.showFrontButton.click()
        (chart,) = marked_nodes(slicer.mrmlScene, role="compression front")
        assert slicer.app.applicationLogic().GetSelectionNode().GetActivePlotChartID() == chart.GetID()
        assert chart.GetXAxisLogScale()
        widget.frontViews.goBack()
        assert section.selectPoints([f"{NAME}-width-50"])
        assert section.report.file is not None
        assert ui.modelReportButton.text == "Open report"
        ui.modelResultsButton.click()
        assert widget.validator.run == f"models/{NAME}-width-50"
        assert widget.validator.subset == "validation"
        widget.exit()
        ui.compressSection.collapsed = True
    slicer.mrmlScene.Clear(False)


def _wishedBranches(ui: Any, section: Any) -> None:
    """Fields that cannot be read are told beside them and stop the plan; what is ticked off is not asked for."""
    ui.branchesSection.collapsed = False
    assert not section.wishes.branches.problem
    ui.removedEdit.text = "50, x"
    assert "x is not a number" in ui.removedProblemLabel.text
    assert not ui.compressPlanButton.enabled
    ui.prunedCheck.checked = False
    assert ui.removedProblemLabel.text == ""
    assert not ui.removedEdit.enabled
    assert "removed=[]" in section.wishes.asked("any")
    ui.removedEdit.text = "50, 75"
    ui.prunedCheck.checked = True
    ui.branchesSection.collapsed = True
    engines = [ui.compressEngineSelector.itemText(index) for index in range(ui.compressEngineSelector.count)]
    assert engines == [name for name, packages in section.engines().items() if not packages]
    assert section.wishes.engine == "onnxruntime"
    assert "run in" in ui.compressEngineSelector.toolTip
