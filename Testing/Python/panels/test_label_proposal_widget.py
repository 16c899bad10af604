"""Check boxes, Reject and the offered draft on the stand-ins."""

import pytest
from standins.material import blob

from medopt.labelling.blind import BlindSettings, save_blind
from medopt.scene import marked_nodes


@pytest.fixture
def widget(application, project):
    save_blind(project, BlindSettings(share=0.0))
    project.save_proposal("case-2", blob((1, 2)), model="round-001", confidence=0.8)
    app = application(window=True)
    widget = app.open("MedOptLabel")
    widget.enter()
    widget.panel.head.open(project.folder)
    widget.app = app
    return widget


def test_the_proposal_is_switched_on_and_off(widget):
    ui = widget.ui
    assert not ui.showProposalCheck.enabled
    ui.nextButton.click()
    assert ui.proposalLabel.text == "Proposal of round-001 · confidence 0.80"
    ui.showProposalCheck.click()
    assert len(marked_nodes(widget.app.scene, role="shown proposal")) == 1
    ui.showProposalCheck.click()
    assert marked_nodes(widget.app.scene, role="shown proposal") == []
    assert not ui.showUncertaintyCheck.enabled


def test_reject_is_pressed_once(widget, project):
    ui = widget.ui
    ui.nextButton.click()
    assert ui.rejectButton.enabled
    ui.rejectButton.click()
    assert project.proposal("case-2").rejected
    assert not ui.rejectButton.enabled
    assert [row[2] for row in ui.caseTable.texts()][2] == "unlabelled"
    assert "rejected by" in ui.proposalLabel.text
    assert widget.app.errors == []


def test_an_offered_draft_is_a_line_and_no_dialog(widget, project):
    ui = widget.ui
    project.drafts.save("case-3", blob((2,)), widget.session.annotator, seconds=65.0)
    ui.nextButton.click()
    assert not ui.draftFrame.visible
    ui.skipButton.click()
    assert widget.session.current == "case-3"
    assert ui.draftFrame.visible
    assert "(1 min 05 s)" in ui.draftLabel.text
    ui.restoreDraftButton.click()
    assert not ui.draftFrame.visible
    assert widget.session.dirty
    ui.saveButton.click()
    assert project.label_values()["case-3"] == (2,)
    assert project.drafts.list() == []


def test_a_discarded_draft_is_gone(widget, project):
    project.drafts.save("case-2", blob((2,)), widget.session.annotator)
    widget.ui.nextButton.click()
    widget.ui.discardDraftButton.click()
    assert not widget.ui.draftFrame.visible
    assert project.drafts.list() == []


def test_the_clock_of_the_panel_writes_the_draft(widget, project):
    from test_label_session import paint

    widget.ui.nextButton.click()
    paint(widget.session, blob((1,)))
    widget.session.drafts._last -= 100
    widget.app.app.processEvents()
    assert [draft.case_id for draft in project.drafts.list()] == ["case-2"]
    assert widget.session.dirty, "a draft is no version"
