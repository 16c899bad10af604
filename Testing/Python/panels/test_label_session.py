"""Labelling on a real project in a real scene: nothing that was painted is lost."""

import numpy as np
import pytest
import slicer
from MedOptLabelLib.case_table import CaseTable
from MedOptLabelLib.case_work import DEFAULT_ANNOTATOR, LEAVING_NOTE
from MedOptLabelLib.editors import Editors
from MedOptLabelLib.session import LabelSession
from standins.material import GRID, blob

from medopt import MedOptError
from medopt.image import LabelMap
from medopt.scene import segmentation_from_label, update_segmentation
from medopt.scene.tables import columns_from_table
from MedOptCoreLib.settings_store import STRATEGY, MemoryStore


class Time:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def session(headless, mrml, project, time):
    store = MemoryStore()
    store.setValue(STRATEGY, "in_order")
    made = LabelSession(Editors(mrml, headless.application), CaseTable(mrml), store, time)
    made.setProject(project)
    return made


def paint(session, label):
    """What an effect of the Segment Editor does: other voxels in the segments that are there."""
    node = session.editor.segmentationNode
    segmentation = node.GetSegmentation()
    for index in range(segmentation.GetNumberOfSegments()):
        segment_id = segmentation.GetNthSegmentID(index)
        value = index + 1
        mask = (label.array == value).astype(np.uint8)
        volume = session.editor.volumeNode
        update_labelmap(node, segment_id, mask, volume)


def update_labelmap(node, segment_id, mask, volume):
    from medopt.scene.frames import vtk_matrix
    from medopt.scene.volumes import image_data_from_array, volume_geometry

    modifier = slicer.vtkOrientedImageData()
    image_data_from_array(mask[np.newaxis], modifier)
    modifier.SetGeometryFromImageToWorldMatrix(vtk_matrix(volume_geometry(volume).to_ijk_to_ras()))
    slicer.vtkSlicerSegmentationsModuleLogic.SetBinaryLabelmapToSegment(
        modifier, node, segment_id, slicer.vtkSlicerSegmentationsModuleLogic.MODE_REPLACE, modifier.GetExtent()
    )


def test_the_cases_stand_in_a_table_node(session, mrml):
    columns = columns_from_table(session.tableNode())
    assert columns["Case"] == ["case-0", "case-1", "case-2", "case-3"]
    assert columns["State"] == ["labelled", "labelled", "unlabelled", "unlabelled"]
    mrml.RemoveNode(session.tableNode())
    assert columns_from_table(session.tableNode())["Case"][0] == "case-0"


def test_next_shows_the_first_open_case_as_volume_and_empty_segments(session, headless, project):
    session.next()
    assert session.current == "case-2"
    segmentation = session.editor.segmentationNode.GetSegmentation()
    names = [segmentation.GetNthSegment(i).GetName() for i in range(segmentation.GetNumberOfSegments())]
    assert names == ["Anterior", "Posterior"]
    assert session.editor.volumeNode.GetImageData().GetDimensions() == GRID.shape[::-1]
    assert headless.application.GetSelectionNode().GetActiveVolumeID() == session.editor.volumeNode.GetID()
    assert not session.dirty
    assert not session.editor.read().array.any()


def test_a_labelled_case_comes_with_its_label(session, project):
    session.open("case-1")
    np.testing.assert_array_equal(session.editor.read().array, project.read_label("case-1").array)
    assert session.savedText.startswith("✓ saved earlier")


def test_painting_marks_the_case_as_changed_and_saving_stores_exactly_that(session, project, time):
    session.next()
    wanted = blob((1, 2), seed=1)
    time.now += 12
    paint(session, wanted)
    assert session.dirty
    assert "not saved yet" in session.savedText
    time.now += 8
    session.setAnnotator("kim")
    session.save()
    np.testing.assert_array_equal(project.read_label("case-2").array, wanted.array)
    (version,) = project.label_history("case-2")
    assert (version.annotator, version.source, version.seconds) == ("kim", "manual", 20)
    assert not session.dirty
    assert "saved as version 1" in session.savedText
    assert columns_from_table(session.tableNode())["State"][2] == "labelled"


def test_accept_saves_and_goes_on(session, project):
    session.next()
    paint(session, blob((1,)))
    session.accept()
    assert session.current == "case-3"
    assert project.case("case-2").labelled
    assert session.editor.segmentationNode.GetName() == "case-3 label"


def test_accepting_a_saved_label_again_makes_no_new_version(session, project):
    session.open("case-0")
    session.accept()
    assert len(project.label_history("case-0")) == 1
    assert session.current == "case-2"


def test_accepting_an_empty_label_says_that_there_is_nothing(session, project):
    session.next()
    session.accept()
    assert project.case("case-2").labelled
    assert not project.read_label("case-2").array.any()


def test_going_elsewhere_saves_what_was_painted(session, project):
    session.next()
    wanted = blob((2,))
    paint(session, wanted)
    session.previous()
    assert session.current == "case-1"
    np.testing.assert_array_equal(project.read_label("case-2").array, wanted.array)
    assert project.label_history("case-2")[0].note == LEAVING_NOTE


def test_painting_that_was_undone_leaves_no_label(session, project):
    session.next()
    paint(session, blob((1,)))
    paint(session, LabelMap(np.zeros(GRID.shape, np.uint8), GRID))
    assert session.dirty
    session.skip()
    assert session.current == "case-3"
    assert not project.case("case-2").labelled


def test_closing_the_scene_saves_first(session, mrml, project):
    session.next()
    wanted = blob((1, 2))
    paint(session, wanted)
    session.sceneAboutToClose()
    mrml.Clear(False)
    np.testing.assert_array_equal(project.read_label("case-2").array, wanted.array)
    assert session.current is None
    session.next()
    assert session.current == "case-3"


def test_another_project_saves_first_and_clears_the_view(session, project, tmp_path):
    session.next()
    paint(session, blob((1,)))
    from medopt.project import Project

    other = Project.create(tmp_path / "other", name="Other", classes=project.settings.classes)
    session.setProject(other)
    assert project.case("case-2").labelled
    assert session.current is None
    assert session.editor.segmentationNode is None
    assert session.cases.all() == []
    assert "Import images first" in session.buttons()["nextButton"].toolTip


def test_when_saving_fails_the_case_stays_with_what_was_painted(session, project, monkeypatch):
    session.next()
    wanted = blob((1,))
    paint(session, wanted)

    def full(*_arguments, **_options):
        raise MedOptError("the disk is full")

    monkeypatch.setattr(project, "save_label", full)
    for action in (session.next, session.save, session.accept, lambda: session.open("case-0")):
        with pytest.raises(MedOptError, match="the disk is full"):
            action()
        assert session.current == "case-2"
        assert session.dirty
    np.testing.assert_array_equal(session.editor.read().array, wanted.array)


def test_what_cannot_be_saved_when_the_scene_closes_is_kept_in_a_file(session, mrml, project):
    from medopt.io import read_segmentation

    session.next()
    wanted = blob((1, 2))
    paint(session, wanted)
    segmentation = session.editor.segmentationNode.GetSegmentation()
    segmentation.GetSegment(segmentation.GetNthSegmentID(0)).SetName("Posterior")
    with pytest.raises(MedOptError, match=r"two segments stand for one class.*What was painted is kept in"):
        session.sceneAboutToClose()
    mrml.Clear(False)
    (copy,) = (project.folder / "rescued").glob("case-2-*.seg.nrrd")
    kept = read_segmentation(copy)
    assert [segment.name for segment in kept.segments] == ["Posterior", "Posterior"]
    found = kept.on_grid(GRID).to_label_map({segment.id: segment.value for segment in kept.segments})
    np.testing.assert_array_equal(found.array, wanted.array)
    assert session.current is None
    session.leaveForGood()
    session.next()
    assert session.current == "case-2"


def test_a_foreign_segment_is_refused_on_saving(session, project):
    session.next()
    node = session.editor.segmentationNode
    paint(session, blob((1,)))
    segment_id = node.GetSegmentation().AddEmptySegment("", "Something")
    update_labelmap(node, segment_id, (blob((0, 1)).array == 1).astype(np.uint8), session.editor.volumeNode)
    with pytest.raises(MedOptError, match="no class of the project"):
        session.save()
    assert not project.case("case-2").labelled


def test_a_proposal_is_shown_and_accepting_it_notes_where_it_came_from(session, project):
    project.save_proposal("case-2", blob((1, 2)), model="run-001")
    session.reload()
    session.next()
    assert "the proposal of a model" in session.caseText
    session.accept()
    assert project.label_history("case-2")[0].source == "proposal"


def test_flags_need_a_note_and_go_again(session, project):
    session.next()
    with pytest.raises(MedOptError, match="a flag needs a note"):
        session.flag("  ")
    session.flag("half of it is cut off")
    assert project.case("case-2").flag == "half of it is cut off"
    assert session.buttons()["flagButton"].text == "Unflag"
    session.flag("")
    assert project.case("case-2").flag is None


def test_nodes_of_the_user_are_never_touched(session, mrml):
    mine = segmentation_from_label(mrml, blob((1,)), session.project.settings.classes, "mine", role=None)
    session.next()
    session.next()
    session.setProject(None)
    assert mrml.IsNodePresent(mine)


def test_a_case_whose_nodes_the_user_deleted_can_be_shown_again(session, mrml):
    session.next()
    mrml.RemoveNode(session.editor.segmentationNode)
    with pytest.raises(MedOptError, match="no longer in the scene"):
        session.save()
    session.goToSelected()
    assert session.editor.segmentationNode is not None


def test_the_annotator_has_a_default(session):
    assert session.annotator == DEFAULT_ANNOTATOR
    session.setAnnotator("  lee ")
    assert session.annotator == "lee"
    session.setAnnotator("")
    assert session.annotator == DEFAULT_ANNOTATOR


def test_edits_of_an_earlier_case_do_not_mark_the_present_one(session, project):
    session.next()
    before = session.editor.segmentationNode
    session.skip()
    update_segmentation(before, blob((1,)), project.settings.classes)
    assert not session.dirty


def held(project):
    return [(lease.case_id, lease.annotator) for lease in project.leases.current()]


def test_the_case_in_the_scene_is_leased_and_nothing_else(session, project):
    session.next()
    assert held(project) == [("case-2", DEFAULT_ANNOTATOR)]
    session.skip()
    assert held(project) == [("case-3", DEFAULT_ANNOTATOR)]
    session.open("case-0")
    assert held(project) == [("case-0", DEFAULT_ANNOTATOR)]
    session.sceneAboutToClose()
    assert held(project) == []


def test_a_case_of_somebody_else_is_refused_and_passed_over(session, project):
    project.leases.take(["case-2"], "lee")
    session.next()
    assert session.current == "case-3"
    with pytest.raises(MedOptError, match="somebody else labels this case now"):
        session.open("case-2")
    assert session.current == "case-3"
    assert session.cases.all()[2].stateText == "unlabelled, with lee now"


def test_another_annotator_takes_the_case_over(session, project):
    session.next()
    session.setAnnotator("lee")
    assert held(project) == [("case-2", "lee")]


def test_a_case_that_cannot_be_shown_is_free_again(session, project):
    session.next()
    (file,) = project.image_paths("case-3")
    file.write_bytes(b"no image")
    with pytest.raises(MedOptError):
        session.skip()
    assert held(project) == [("case-2", DEFAULT_ANNOTATOR)]


def test_another_project_gives_the_case_back(session, project):
    session.next()
    session.setProject(None)
    assert held(project) == []


# ---- what every save carries, proposals and drafts ------------------------------------------------------------


@pytest.fixture
def proposed(project):
    from medopt.labelling.blind import BlindSettings, save_blind

    save_blind(project, BlindSettings(share=0.0))
    project.save_proposal("case-2", blob((1, 2)), model="round-001", confidence=0.8, round=1)
    return project


def test_a_corrected_proposal_carries_model_round_and_edits(session, proposed):
    session.reload()
    session.next()
    assert session.buttons()["acceptButton"].text == "Accept proposal and next (A)"
    paint(session, blob((1, 2), seed=1))
    assert session.buttons()["acceptButton"].text == "Accept and next (A)"
    session.accept()
    (version,) = proposed.label_history("case-2")
    assert (version.source, version.model, version.round, version.undos) == ("proposal", "round-001", 1, 0)
    wanted = int((blob((1, 2)).array != blob((1, 2), 1).array).sum())
    assert version.edits.changed == wanted > 0
    assert not version.edits.as_is


def test_a_proposal_accepted_as_it_is_says_so(session, proposed):
    session.reload()
    session.next()
    session.accept()
    assert proposed.label_history("case-2")[0].edits.as_is


def test_the_model_is_that_of_the_proposal_that_was_shown(session, proposed):
    session.reload()
    session.next()
    proposed.save_proposal("case-2", blob((2,)), model="round-002", round=2)
    session.accept()
    assert proposed.label_history("case-2")[0].model == "round-001"


def test_a_later_save_tells_only_what_changed_since_the_one_before(session, project):
    session.next()
    paint(session, blob((1,)))
    session.save()
    paint(session, blob((1, 2)))
    session.save()
    first, second = project.label_history("case-2")
    assert first.edits.changed == int((blob((1,)).array != 0).sum())
    assert second.edits.changed == int((blob((1, 2)).array == 2).sum())
    assert (second.source, second.model) == ("manual", None)


def test_undos_are_told_once(session, project):
    session.next()
    paint(session, blob((1,)))
    session.editor._undos.count = 3
    session.save()
    paint(session, blob((1, 2)))
    session.editor._undos.count = 4
    session.save()
    assert [version.undos for version in project.label_history("case-2")] == [3, 1]


def test_a_rejected_proposal_leaves_an_empty_label_and_is_not_offered_again(session, proposed):
    session.reload()
    session.next()
    session.reject()
    assert not session.dirty
    assert not session.editor.read().array.any()
    assert proposed.proposal("case-2").rejected_by == DEFAULT_ANNOTATOR
    assert session.cases.all()[2].state == "unlabelled"
    assert proposed.drafts.list() == []
    session.reject()
    paint(session, blob((1,)))
    session.accept()
    (version,) = proposed.label_history("case-2")
    assert (version.source, version.model) == ("manual", None)


def test_rejecting_after_corrections_keeps_them_as_a_draft(session, proposed):
    session.reload()
    session.next()
    paint(session, blob((1, 2), seed=1))
    session.reject()
    assert not session.editor.read().array.any()
    assert "unaccepted work" in session.drafts.text
    session.restoreDraft()
    np.testing.assert_array_equal(session.editor.read().array, blob((1, 2), 1).array)
    assert session.dirty


def test_a_killed_session_is_offered_its_work_again(session, headless, mrml, project, time):
    session.next()
    time.now += 20
    session.activity()
    paint(session, blob((1, 2)))
    time.now += 10
    session.tick()
    (kept,) = project.drafts.list()
    assert (kept.case_id, kept.annotator, kept.source) == ("case-2", DEFAULT_ANNOTATOR, "manual")
    project.leases.release("case-2", DEFAULT_ANNOTATOR)
    headless.clear()  # what a kill leaves: nothing but the files

    again = LabelSession(Editors(mrml, headless.application), CaseTable(mrml), session._store, time)
    again.setProject(project)
    again.open("case-2")
    assert again.drafts.offer is not None
    assert not again.editor.read().array.any(), "nothing is restored without a word"
    again.restoreDraft()
    np.testing.assert_array_equal(again.editor.read().array, blob((1, 2)).array)
    assert again.clock.seconds == 30
    time.now += 5
    again.save()
    (version,) = project.label_history("case-2")
    assert version.seconds == 35
    assert project.drafts.list() == []


def test_a_draft_can_be_discarded(session, project, time):
    project.drafts.save("case-2", blob((1,)), DEFAULT_ANNOTATOR)
    session.next()
    session.discardDraft()
    assert project.drafts.list() == []
    assert session.drafts.text == ""


def test_a_draft_from_nothing_does_not_count_as_a_corrected_proposal(session, proposed):
    proposed.drafts.save("case-2", blob((1,)), DEFAULT_ANNOTATOR, source="manual", seconds=4.0)
    session.reload()
    session.next()
    session.restoreDraft()
    session.save()
    (version,) = proposed.label_history("case-2")
    assert (version.source, version.model) == ("manual", None)


def test_no_draft_is_written_while_nothing_changes(session, project, time):
    session.next()
    time.now += 1000
    session.tick()
    assert project.drafts.list() == []


def test_a_draft_that_cannot_be_written_is_told_under_the_case(session, project, time, monkeypatch):
    def full(*_arguments, **_options):
        raise MedOptError("the disk is full")

    session.next()
    monkeypatch.setattr(project.drafts, "save", full)
    paint(session, blob((1,)))
    time.now += 60
    session.tick()
    assert "⚠ the draft: the disk is full" in session.savedText
