"""The main path of the labelling panel, run inside Slicer."""

from __future__ import annotations

from typing import Any

import numpy as np

from MedOptCoreLib.packages import lightPackages
from MedOptCoreLib.self_testing import makeImage, makeLabel, paint, requirePackages, temporaryProject, waitFor


def labelTwoCases(widget: Any) -> None:
    """Paint and accept a case, paint the next one and close the scene: both labels are on disk as painted."""
    import slicer

    requirePackages(lightPackages())
    slicer.mrmlScene.Clear(False)
    with temporaryProject(widget, cases=3) as project:
        session, ui = widget.session, widget.ui
        widget.enter()
        assert ui.caseTable.rowCount == 3
        assert not ui.acceptButton.enabled, "there is no case to accept yet"
        ui.nextButton.click()
        assert session.current == "case-0"
        assert widget.editor.widget.segmentationNode() is session.scene.segmentationNode
        assert widget.editor.widget.sourceVolumeNode() is session.scene.volumeNode
        _same(slicer.util.arrayFromVolume(session.scene.volumeNode), makeImage(0).array[0])
        paint(session.scene.segmentationNode, session.scene.volumeNode, makeLabel(0))
        assert session.dirty, "painting was noticed"
        ui.acceptButton.click()
        assert session.current == "case-1"
        _same(project.read_label("case-0").array, makeLabel(0).array)
        paint(session.scene.segmentationNode, session.scene.volumeNode, makeLabel(1))
        slicer.mrmlScene.Clear(False)
        _same(project.read_label("case-1").array, makeLabel(1).array)
        assert session.current is None
        ui.nextButton.click()
        assert session.current == "case-2", "labelling goes on in the new scene"
        widget.exit()
    slicer.mrmlScene.Clear(False)


def paintWithAnEffect(widget: Any) -> None:
    """An effect of the embedded Segment Editor paints, and undo takes it back. Needs Slicer's own editor."""
    import slicer

    requirePackages(lightPackages())
    slicer.mrmlScene.Clear(False)
    with temporaryProject(widget, cases=1) as project:
        session = widget.session
        widget.enter()
        widget.ui.nextButton.click()
        segmentation = session.scene.segmentationNode.GetSegmentation()
        widget.editor.widget.setCurrentSegmentID(segmentation.GetSegmentIdBySegmentName("Posterior"))
        widget.editor.widget.setActiveEffectByName("Threshold")
        effect = widget.editor.widget.activeEffect()
        effect.setParameter("MinimumThreshold", "325")
        effect.setParameter("MaximumThreshold", "1000")
        effect.self().onApply()
        assert session.dirty, "the effect's work was noticed"
        found = session.scene.read().array
        wanted = np.where(makeImage(0).array[0] >= 325, 2, 0)
        assert (found != wanted).mean() < 0.01
        widget.editor.widget.undo()
        assert not session.scene.read().array.any()
        widget.editor.widget.redo()
        widget.ui.saveButton.click()
        _same(project.read_label("case-0").array, found)
        widget.exit()
    slicer.mrmlScene.Clear(False)


def importAsJob(widget: Any, seconds: float = 120) -> None:
    """Import a folder through the panel's fields, in a process of its own."""
    import tempfile
    from pathlib import Path

    from medopt.io import write_image

    requirePackages(lightPackages())
    with temporaryProject(widget, cases=1) as project, tempfile.TemporaryDirectory() as folder:
        write_image(makeImage(7), Path(folder) / "another.nrrd")
        widget.ui.imagesPath.currentPath = folder
        assert widget.ui.importButton.enabled, widget.ui.importButton.toolTip
        widget.ui.importButton.click()
        jobs = widget.panel.jobs
        assert waitFor(lambda: not jobs.busy, seconds), jobs.log()
        assert jobs.status.state == "done", jobs.log()
        assert [case.id for case in project.cases()] == ["another", "case-0"]
        assert widget.ui.caseTable.rowCount == 2


def _same(found: Any, wanted: Any) -> None:
    np.testing.assert_array_equal(found, wanted)
