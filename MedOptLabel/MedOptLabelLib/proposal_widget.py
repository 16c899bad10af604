"""The lines about the model's proposal and about unaccepted work: connects their widgets with the presenters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MedOptLabelLib.proposal_view import ProposalView
from MedOptLabelLib.session import LabelSession

Guard = Callable[[Callable[[], None]], Callable[[], None]]
CHECKS = ("showProposalCheck", "showUncertaintyCheck")


class ProposalWidget:
    """Parameters
    ----------
    ui : the named widgets
    session, proposals : the presenters
    guarded : makes a function that shows the errors of another
    """

    def __init__(self, ui: Any, session: LabelSession, proposals: ProposalView, guarded: Guard) -> None:
        self.ui, self._session, self._proposals = ui, session, proposals
        actions = {
            "rejectButton": self._reject,
            "restoreDraftButton": session.restoreDraft,
            "discardDraftButton": session.discardDraft,
        }
        for name, action in actions.items():
            getattr(ui, name).connect("clicked()", guarded(action))
        ui.showProposalCheck.connect("toggled(bool)", proposals.setProposalShown)
        ui.showUncertaintyCheck.connect("toggled(bool)", proposals.setUncertaintyShown)
        for presenter in (session, session.drafts, proposals):
            presenter.changed.connect(self.show)
        self.show()

    def _reject(self) -> None:
        self._session.reject()
        self._proposals.refresh()

    def show(self) -> None:
        """Show what the presenters say."""
        from MedOptCoreLib.qt_tools import applyButtons

        ui, drafts = self.ui, self._session.drafts
        ui.draftFrame.setVisible(drafts.offer is not None)
        ui.draftLabel.text = drafts.text
        ui.proposalLabel.text = self._proposals.text
        ui.proposalLabel.setVisible(bool(self._proposals.text))
        applyButtons(ui, {**self._proposals.buttons(), **drafts.buttons()})

    def cleanup(self) -> None:
        """Take what was shown out of views and scene."""
        self._proposals.close()
