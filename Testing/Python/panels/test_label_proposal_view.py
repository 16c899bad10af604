"""Proposals and uncertainty beside the label, in a real scene with real slice views."""

import numpy as np
import pytest
from MedOptLabelLib.case_table import CaseTable
from MedOptLabelLib.editors import Editors
from MedOptLabelLib.proposal_view import ROLE, ProposalView
from MedOptLabelLib.session import LabelSession
from standins.material import GRID, blob

from medopt.image import Boxes, ClassLabel
from medopt.labelling.blind import BlindSettings, save_blind
from medopt.scene import image_from_volume, label_from_segmentation, marked_nodes
from medopt.scene.uncertainty import ROLE as UNCERTAINTY
from MedOptCoreLib.settings_store import STRATEGY, MemoryStore


@pytest.fixture
def session(headless, mrml, views):
    store = MemoryStore()
    store.setValue(STRATEGY, "in_order")
    return LabelSession(Editors(mrml, headless.application), CaseTable(mrml), store, lambda: 0.0)


@pytest.fixture
def view(headless, mrml, session):
    return ProposalView(mrml, headless.application, session)


@pytest.fixture
def proposed(project):
    """Case 2 has a proposal with scores, case 3 one without."""
    save_blind(project, BlindSettings(share=0.0))
    scores = np.zeros((2, *GRID.shape), np.uint8)
    scores[:, 2, 4, 4] = (128, 127)
    scores[0, 1, 3, 3] = 255
    project.save_proposal("case-2", blob((1, 2)), model="round-001", confidence=0.834, scores=scores)
    project.save_proposal("case-3", blob((2,)), model="round-001")
    return project


def composites(mrml):
    kind = "vtkMRMLSliceCompositeNode"
    return [mrml.GetNthNodeByClass(n, kind) for n in range(mrml.GetNumberOfNodesByClass(kind))]


def test_model_and_confidence_are_told(session, view, proposed):
    session.setProject(proposed)
    assert view.text == ""
    session.open("case-2")
    assert view.text == "Proposal of round-001 · confidence 0.83"
    assert all(state.enabled for state in view.buttons().values())
    session.open("case-0")
    assert view.text == ""
    assert view.buttons()["rejectButton"].toolTip == "The case has no proposal."


def test_the_proposal_is_shown_as_outlines_from_case_to_case(session, view, proposed, mrml):
    session.setProject(proposed)
    session.open("case-2")
    view.setProposalShown(True)
    (node,) = marked_nodes(mrml, role=ROLE)
    np.testing.assert_array_equal(
        label_from_segmentation(node, GRID, proposed.settings.classes).array, blob((1, 2)).array
    )
    assert node.GetDisplayNode().GetOpacity2DFill() == 0
    assert not session.dirty, "looking is no change"
    session.open("case-3")
    (node,) = marked_nodes(mrml, role=ROLE)
    assert node.GetName() == "case-3 proposal"
    session.open("case-0")
    assert marked_nodes(mrml, role=ROLE) == []
    session.open("case-2")
    view.setProposalShown(False)
    assert marked_nodes(mrml, role=ROLE) == []


def test_uncertainty_lies_over_the_image_and_goes_again(session, view, proposed, mrml):
    session.setProject(proposed)
    session.open("case-2")
    before = [(c.GetBackgroundVolumeID(), c.GetForegroundVolumeID()) for c in composites(mrml)]
    view.setUncertaintyShown(True)
    (node,) = [n for n in marked_nodes(mrml, role=UNCERTAINTY) if n.IsA("vtkMRMLVolumeNode")]
    found = image_from_volume(node).array[0]
    np.testing.assert_allclose(found / 100, proposed.read_scores("case-2").uncertainty(), atol=0.0051)
    assert found[2, 4, 4] > 50 > found[1, 3, 3] == 0
    assert {c.GetForegroundVolumeID() for c in composites(mrml)} == {node.GetID()}
    view.setUncertaintyShown(False)
    assert [(c.GetBackgroundVolumeID(), c.GetForegroundVolumeID()) for c in composites(mrml)] == before
    assert marked_nodes(mrml, role=UNCERTAINTY) == []


def test_uncertainty_stays_on_and_is_missing_where_the_model_told_none(session, view, proposed, mrml):
    session.setProject(proposed)
    session.open("case-2")
    view.setUncertaintyShown(True)
    session.open("case-3")
    assert marked_nodes(mrml, role=UNCERTAINTY) == []
    assert "told no uncertainty" in view.buttons()["showUncertaintyCheck"].toolTip
    assert all(c.GetForegroundVolumeID() is None for c in composites(mrml))
    session.open("case-2")
    assert len(marked_nodes(mrml, role=UNCERTAINTY)) == 2


def test_a_blind_case_shows_nothing_of_its_proposal(session, view, proposed, mrml, monkeypatch):
    monkeypatch.setattr(BlindSettings, "is_blind", lambda self, case: True)
    session.setProject(proposed)
    view.setProposalShown(True)
    view.setUncertaintyShown(True)
    session.open("case-2")
    assert not session.editor.read().array.any()
    assert marked_nodes(mrml, role=ROLE) == marked_nodes(mrml, role=UNCERTAINTY) == []
    assert "without a proposal" in view.text
    assert not any(state.enabled for state in view.buttons().values())
    session.accept()
    version = proposed.label_history("case-2")[0]
    assert (version.blind, version.source, version.model) == (True, "manual", None)


def test_a_damaged_proposal_is_told_and_stops_nobody(session, view, proposed, mrml):
    session.setProject(proposed)
    session.open("case-2")
    proposed.proposals.path("case-2").write_bytes(b"broken")
    view.setProposalShown(True)
    assert "⚠" in view.text
    assert marked_nodes(mrml, role=ROLE) == []


def test_boxes_are_shown_locked_and_classes_as_words(session, view, unlabelled, mrml):
    project = unlabelled("detection")
    save_blind(project, BlindSettings(share=0.0))
    boxes = Boxes.from_index([[[0, 1, 2], [2, 4, 5]]], [4], GRID, scores=[0.7])
    project.save_proposal("case-0", boxes, model="net", confidence=0.7)
    session.setProject(project)
    session.open("case-0")
    view.setProposalShown(True)
    (node,) = marked_nodes(mrml, role=ROLE)
    assert node.GetLocked()
    assert node.GetName() == "Malignant 0.70"
    assert "Only proposals of a segmentation" in view.buttons()["showUncertaintyCheck"].toolTip


def test_of_a_classification_the_suggestion_is_told(session, view, unlabelled):
    project = unlabelled("classification")
    save_blind(project, BlindSettings(share=0.0))
    project.save_proposal("case-0", ClassLabel((4,)), model="net", confidence=0.9)
    session.setProject(project)
    session.open("case-0")
    assert view.text == "Proposal of net · confidence 0.90 · says: Malignant"
    assert session.editor.read() == ClassLabel((4,)), "accepting it takes one key"
    session.accept()
    version = project.label_history("case-0")[0]
    assert (version.source, version.model, version.edits.as_is) == ("proposal", "net", True)


def test_after_a_rejection_who_did_it_is_told(session, view, proposed):
    session.setProject(proposed)
    session.open("case-2")
    session.setAnnotator("kim")
    session.reject()
    view.refresh()
    assert view.text.endswith("rejected by kim")
    assert view.buttons()["rejectButton"].toolTip == "The proposal was rejected."
