"""The main paths of the validation panel, run inside Slicer."""

from __future__ import annotations

from typing import Any

import numpy as np

from MedOptCoreLib.packages import lightPackages
from MedOptCoreLib.self_testing import grid, makeImage, makeLabel, requirePackages, temporaryProject


def recordValidation(project: Any, cases: tuple[str, ...]) -> None:
    """Write run-001 with a measurement of ``cases``; the first prediction is a voxel off, the others are right."""
    from medopt.files import write_json
    from medopt.image import LabelMap
    from medopt.io import write_segmentation
    from medopt.validation import Results, Structure, ValidationSettings, score_case, summarize

    folder = project.runs_folder / "run-001"
    (folder / "predictions" / "test").mkdir(parents=True)
    write_json(folder / "run.json", {"format": 1, "name": "run-001", "state": "done", "started": "2026-01-01"})
    structures = tuple(Structure(item.value, item.name) for item in project.settings.classes)
    scores = []
    for number, case in enumerate(cases):
        reference = project.read_label(case)
        shifted = np.roll(reference.array, 1, axis=1) if number == 0 else reference.array
        prediction = LabelMap(shifted, reference.geometry)
        write_segmentation(_segmentation(prediction, project), folder / "predictions" / "test" / f"{case}.seg.nrrd")
        subject = project.case(case).subject
        scores += score_case(reference, prediction, structures, case=case, subject=subject)
    summary = summarize(scores, [structure.name for structure in structures])
    Results("test", "run-001", structures, ValidationSettings(), tuple(scores), summary).save(
        folder / "metrics-test.json"
    )


def resultsAndCases(widget: Any) -> None:
    """Tables are filled, a click shows a case as two segmentations and an error map, plots and keys work."""
    import slicer

    from medopt.scene import marked_nodes

    requirePackages(lightPackages())
    slicer.mrmlScene.Clear(False)
    with temporaryProject(widget, cases=3, labelled=3) as project:
        recordValidation(project, ("case-0", "case-1", "case-2"))
        ui, validator = widget.ui, widget.validator
        widget.enter()
        assert ui.summaryTable.rowCount > 0
        assert ui.caseTable.rowCount == 6
        assert "test" in ui.fitLabel.text
        assert "training" in ui.fitLabel.text, "what is still to be measured for a verdict"
        assert ui.caseTable.item(0, 0).text() == "case-0", "the worst case comes first"
        widget.resultsWidget.onCaseClicked(0, 0)
        (reference,) = marked_nodes(slicer.mrmlScene, role="reference")
        (prediction,) = marked_nodes(slicer.mrmlScene, role="prediction")
        assert reference.GetDisplayNode().GetVisibility2DFill()
        assert not prediction.GetDisplayNode().GetVisibility2DFill()
        assert len(marked_nodes(slicer.mrmlScene, role="errors")) == 1
        ui.nextWorstButton.click()
        assert validator.lines[validator.current].case == "case-1"
        assert len(marked_nodes(slicer.mrmlScene, role="prediction")) == 1, "the case before has gone"
        ui.showPlotButton.click()
        selected = slicer.app.applicationLogic().GetSelectionNode().GetActivePlotChartID()
        assert selected == marked_nodes(slicer.mrmlScene, role="case plot")[0].GetID()
        widget.views.goBack()
        widget.exit()
    slicer.mrmlScene.Clear(False)


def modelOnVolume(widget: Any) -> None:
    """The label file of a worker becomes a segmentation on exactly the grid of a volume of the scene."""
    import tempfile
    from pathlib import Path

    import slicer

    from medopt.io import write_segmentation
    from medopt.scene import label_from_segmentation, volume_from_image, volume_geometry

    requirePackages(lightPackages())
    slicer.mrmlScene.Clear(False)
    with temporaryProject(widget, cases=1) as project, tempfile.TemporaryDirectory() as folder:
        widget.enter()
        volume = volume_from_image(slicer.mrmlScene, makeImage(2), "a volume", role=None)
        widget.ui.inputVolumeSelector.setCurrentNode(volume)
        assert widget.runner.volumeId == volume.GetID()
        assert widget.ui.applyButton.toolTip == "Export a model first."
        file = Path(folder) / "volume.seg.nrrd"
        write_segmentation(_segmentation(makeLabel(2), project), file)
        node = widget.runner._scene.segmentationOfVolume(file, volume, "result")
        label = label_from_segmentation(node, volume_geometry(volume), project.settings.classes)
        np.testing.assert_array_equal(label.array, makeLabel(2).array)
        assert label.geometry.is_close(grid(), 1e-6)
        widget.exit()
    slicer.mrmlScene.Clear(False)


def _segmentation(label: Any, project: Any) -> Any:
    from medopt.io import Segment, Segmentation

    segments = [Segment(f"Segment_{c.value}", c.name, c.rgb, c.value) for c in project.settings.classes]
    return Segmentation.from_label_map(label, segments)
