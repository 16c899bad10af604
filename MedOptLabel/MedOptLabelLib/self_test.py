"""The main path of the labelling panel, run inside Slicer."""

from __future__ import annotations

from typing import Any

import numpy as np

from MedOptCoreLib.packages import lightPackages, workerPackages
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
        assert widget.editor.widget.segmentationNode() is session.editor.segmentationNode
        assert widget.editor.widget.sourceVolumeNode() is session.editor.volumeNode
        _same(slicer.util.arrayFromVolume(session.editor.volumeNode), makeImage(0).array[0])
        paint(session.editor.segmentationNode, session.editor.volumeNode, makeLabel(0))
        assert session.dirty, "painting was noticed"
        ui.acceptButton.click()
        assert session.current == "case-1"
        _same(project.read_label("case-0").array, makeLabel(0).array)
        paint(session.editor.segmentationNode, session.editor.volumeNode, makeLabel(1))
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
        segmentation = session.editor.segmentationNode.GetSegmentation()
        widget.editor.widget.setCurrentSegmentID(segmentation.GetSegmentIdBySegmentName("Posterior"))
        widget.editor.widget.setActiveEffectByName("Threshold")
        effect = widget.editor.widget.activeEffect()
        effect.setParameter("MinimumThreshold", "325")
        effect.setParameter("MaximumThreshold", "1000")
        effect.self().onApply()
        assert session.dirty, "the effect's work was noticed"
        found = session.editor.read().array
        wanted = np.where(makeImage(0).array[0] >= 325, 2, 0)
        assert (found != wanted).mean() < 0.01
        widget.editor.widget.undo()
        assert not session.editor.read().array.any()
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


def classifyCases(widget: Any) -> None:
    """Choose classes by buttons and keys, exclusive ones and several: the labels on disk are those chosen."""
    import slicer

    from medopt.image import ClassLabel

    requirePackages(lightPackages())
    slicer.mrmlScene.Clear(False)
    with temporaryProject(widget, cases=3, task="classification") as project:
        session, ui = widget.session, widget.ui
        widget.enter()
        ui.acceptOnChoiceCheck.checked = False
        assert ui.classPage.visible or not ui.voxelPage.visible
        ui.nextButton.click()
        buttons = widget.labelling.classes.buttons()
        assert [button.text for button in buttons] == ["1  Anterior", "2  Posterior"]
        buttons[0].click()
        assert session.dirty
        buttons[1].click()
        assert not buttons[0].checked
        assert buttons[1].checked
        ui.acceptButton.click()
        assert project.read_label("case-0") == ClassLabel((2,))
        assert session.current == "case-1"
        assert not buttons[1].checked, "nothing is chosen for the next case yet"
        ui.acceptOnChoiceCheck.checked = True
        widget.labelling.classes.press(1)
        ui.acceptOnChoiceCheck.checked = False
        assert project.read_label("case-1") == ClassLabel((1,))
        assert session.current == "case-2"
        buttons[1].click()
        slicer.mrmlScene.Clear(False)
        assert project.read_label("case-2") == ClassLabel((2,)), "closing the scene saves"
        widget.exit()
    with temporaryProject(widget, cases=1, task="classification", multiLabel=True) as project:
        widget.enter()
        ui.nextButton.click()
        for button in widget.labelling.classes.buttons():
            button.click()
        ui.saveButton.click()
        assert project.read_label("case-0") == ClassLabel((1, 2))
        ui.noneButton.click()
        ui.acceptButton.click()
        assert project.read_label("case-0") == ClassLabel(())
        widget.exit()
    slicer.mrmlScene.Clear(False)


def boxCases(widget: Any) -> None:
    """Place a box by a click's point, give it a class, resize, undo, delete: the boxes on disk are those shown."""
    import slicer

    requirePackages(lightPackages())
    slicer.mrmlScene.Clear(False)
    with temporaryProject(widget, cases=2, task="detection") as project:
        session, ui = widget.session, widget.ui
        widget.enter()
        ui.nextButton.click()
        geometry = project.case("case-0").geometry
        ui.placeBoxButton.click()
        place(geometry.index_to_lps((5.0, 9.0, 8.0)))
        assert waitFor(lambda: ui.boxTable.rowCount == 1, 10)
        assert not ui.placeBoxButton.checked
        session.editor.chooseKey(2)
        assert ui.boxTable.item(0, 0).text() == "Posterior"
        (node,) = [n for n in slicer.util.getNodesByClass("vtkMRMLMarkupsROINode") if n.GetName() == "Posterior"]
        node.SetSize(4.0, 6.0, 8.0)
        assert "8.0 × 6.0 × 4.0 mm" in ui.boxTable.item(0, 1).text()
        ui.acceptButton.click()
        (box,) = project.read_label("case-0").boxes
        np.testing.assert_allclose(box.center, geometry.index_to_lps((5.0, 9.0, 8.0)), atol=1e-6)
        np.testing.assert_allclose(sorted(box.size), (4.0, 6.0, 8.0), atol=1e-6)
        assert box.value == 2
        assert session.current == "case-1"
        for k in (3.0, 7.0):
            session.editor.addAt(geometry.index_to_lps((k, 9.0, 8.0)))
        ui.nextBoxButton.click()
        ui.deleteBoxButton.click()
        assert ui.boxTable.rowCount == 1
        ui.undoBoxButton.click()
        assert ui.boxTable.rowCount == 2
        slicer.mrmlScene.Clear(False)
        assert len(project.read_label("case-1")) == 2, "closing the scene saves"
        widget.exit()
    slicer.mrmlScene.Clear(False)


def proposalsAndHistory(widget: Any) -> None:
    """Accept a proposal, correct one, reject one; browse the versions of a label and restore the first."""
    import slicer

    from medopt.labelling.blind import BlindSettings, save_blind
    from medopt.scene import marked_nodes
    from MedOptLabelLib.label_history import ROLE as VERSION
    from MedOptLabelLib.proposal_view import ROLE as PROPOSAL

    requirePackages(lightPackages())
    slicer.mrmlScene.Clear(False)
    with temporaryProject(widget, cases=3) as project:
        session, ui = widget.session, widget.ui
        save_blind(project, BlindSettings(share=0.0))
        for number in range(3):
            project.save_proposal(f"case-{number}", makeLabel(number), model="round-001", confidence=0.9, round=1)
        session.reload()
        widget.enter()
        ui.nextButton.click()
        ui.showProposalCheck.checked = True
        assert len(marked_nodes(slicer.mrmlScene, role=PROPOSAL)) == 1
        assert ui.acceptButton.text == "Accept proposal and next (A)"
        ui.acceptButton.click()
        _same(project.read_label("case-0").array, makeLabel(0).array)
        assert project.label_history("case-0")[0].edits.as_is
        paint(session.editor.segmentationNode, session.editor.volumeNode, makeLabel(3))
        ui.saveButton.click()
        paint(session.editor.segmentationNode, session.editor.volumeNode, makeLabel(2))
        ui.saveButton.click()
        ui.historyTable.selectRow(1)
        ui.showVersionCheck.checked = True
        assert len(marked_nodes(slicer.mrmlScene, role=VERSION)) == 1
        assert ui.restoreButton.enabled, ui.restoreButton.toolTip
        ui.restoreButton.click()
        _same(project.read_label("case-1").array, makeLabel(3).array)
        _same(session.editor.read().array, makeLabel(3).array)
        assert ui.historyTable.rowCount == 3
        assert session.annotator in ui.historyTable.item(0, 3).text(), "who restored it"
        ui.acceptButton.click()
        assert session.current == "case-2"
        assert marked_nodes(slicer.mrmlScene, role=VERSION) == []
        ui.rejectButton.click()
        assert project.proposal("case-2").rejected
        assert not session.editor.read().array.any()
        for check in (ui.showProposalCheck, ui.showVersionCheck):
            check.checked = False
        widget.exit()
    slicer.mrmlScene.Clear(False)


def teachSection(widget: Any, seconds: float = 120) -> None:
    """The sections Teach and Core set: what they ask for, a round begun and stopped at once, a chart, the layout."""
    import slicer

    requirePackages(lightPackages())
    slicer.mrmlScene.Clear(False)
    with temporaryProject(widget, cases=5, labelled=2) as project:
        ui, jobs = widget.ui, widget.panel.jobs
        widget.enter()
        assert not ui.teachButton.enabled
        assert "3 or more" in ui.teachButton.toolTip
        ui.nextButton.click()
        paint(widget.session.editor.segmentationNode, widget.session.editor.volumeNode, makeLabel(2))
        ui.acceptButton.click()
        assert "3 labelled" in ui.teachLabel.text
        requirePackages(workerPackages())
        assert ui.teachButton.enabled, ui.teachButton.toolTip
        ui.teachButton.click()
        assert ui.teachButton.text == "Stop"
        ui.teachButton.click()
        assert waitFor(lambda: not jobs.busy, seconds), jobs.log()
        assert jobs.status.state in ("stopped", "done"), jobs.log()
        ui.coreSetButton.click()
        assert waitFor(lambda: not jobs.busy, seconds), jobs.log()
        assert jobs.status.state == "done", jobs.log()
        assert ui.coreTable.rowCount == len(widget.jobSections.coreSet.ids) > 0
        case = ui.coreTable.item(0, 0).text()
        ui.coreTable.selectRow(0)
        ui.coreToggleButton.click()
        assert case not in widget.jobSections.coreSet.ids
        layouts = slicer.app.layoutManager()
        before = None if layouts is None else layouts.layout
        ui.coreChartButton.click()
        assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLPlotChartNode") == 1
        widget.jobSections.coreViews.goBack()
        assert layouts is None or layouts.layout == before
        (project.cache_folder / "embeddings.npz").unlink()
        widget.jobSections.coreSet.refresh()
        assert ui.coreChartButton.text == "Prepare chart"
        ids = widget.jobSections.coreSet.ids
        ui.coreChartButton.click()
        assert waitFor(lambda: not jobs.busy, seconds), jobs.log()
        assert widget.jobSections.coreSet.ids == ids
        assert ui.coreChartButton.text == "Show chart"
        assert project.case("case-2").labelled
        widget.exit()
    slicer.mrmlScene.Clear(False)


def place(point: Any) -> None:
    """What a click in a slice view does in place mode; ``point`` is LPS mm."""
    import slicer

    selection = slicer.app.applicationLogic().GetSelectionNode()
    node = slicer.mrmlScene.GetNodeByID(selection.GetActivePlaceNodeID())
    node.AddControlPointWorld([-float(point[0]), -float(point[1]), float(point[2])])
    interaction = slicer.app.applicationLogic().GetInteractionNode()
    interaction.SetCurrentInteractionMode(interaction.ViewTransform)


def _same(found: Any, wanted: Any) -> None:
    np.testing.assert_array_equal(found, wanted)
