"""What the model says of the case in the scene: its proposal beside the label, and how unsure it is of each voxel."""

from __future__ import annotations

from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptLabelLib.open_case import PROPOSAL
from MedOptLabelLib.session import LabelSession
from MedOptLabelLib.shown_label import removeShown, showLabel
from MedOptLabelLib.task_editor import VIEW

ROLE = "shown proposal"
OPACITY = 0.6
"""Of the map of uncertainty over the image."""


class ProposalView(Presenter):
    """Shows both as nodes that go with the case. What the user switches on stays on from case to case.

    Parameters
    ----------
    scene : a ``vtkMRMLScene``
    application : its ``vtkMRMLApplicationLogic``; None without views
    session : the presenter of the case
    """

    def __init__(self, scene: Any, application: Any, session: LabelSession) -> None:
        super().__init__()
        from medopt.scene.preview_layers import SliceLayers

        self._scene, self._session = scene, session
        self._layers = SliceLayers(scene, application)
        self.proposalShown = self.uncertaintyShown = False
        self._record: Any = None
        self._scores: bool | None = None
        self.problem = ""
        session.caseLeaving.connect(self._onLeaving)
        session.caseShown.connect(self._onShown)

    @property
    def hidden(self) -> str:
        """Why no proposal may be seen, as a sentence; empty when it may."""
        opened = self._session.opened
        if opened is None:
            return _("Show a case first: press Next.")
        if opened.blind:
            return _("This case is labelled without a proposal, to measure how much proposals sway.")
        return "" if self._record is not None else _("The case has no proposal.")

    def setProposalShown(self, shown: bool) -> None:
        """Show the proposal as outlines over the label, or take it away."""
        self.proposalShown = shown
        self._update()

    def setUncertaintyShown(self, shown: bool) -> None:
        """Show how unsure the model is over the image, or take it away."""
        self.uncertaintyShown = shown
        self._update()

    def close(self) -> None:
        """Take both out of the scene and the views; the case stays."""
        self._layers.restore()
        self._remove()

    def refresh(self) -> None:
        """The proposal was rejected, or another one came."""
        self._readRecord()
        self._update()

    def _onLeaving(self) -> None:
        self._layers.restore()

    def _onShown(self) -> None:
        self._layers.forget()
        self.refresh()

    def _readRecord(self) -> None:
        session = self._session
        self._record, self._scores, self.problem = None, None, ""
        if session.opened is not None and not session.opened.blind:
            self._record = session.project.proposal(session.opened.id)

    def _update(self) -> None:
        self.close()
        self.problem = ""
        if not self.hidden and self._session.editor.present:
            try:
                if self.proposalShown:
                    self._addProposal()
                if self.uncertaintyShown:
                    self._addUncertainty()
            except MedOptError as error:
                self.problem = str(error)
        self.changed.emit()

    def _remove(self) -> None:
        from medopt.scene.uncertainty import ROLE as UNCERTAINTY

        for role in (ROLE, UNCERTAINTY):
            removeShown(self._scene, role)

    def _addProposal(self) -> None:
        session = self._session
        label = session.project.read_proposal(session.current)
        showLabel(self._scene, session, label, role=ROLE, name=_("{case} proposal").format(case=session.current))

    def _addUncertainty(self) -> None:
        from medopt.scene import put_into_case_folder
        from medopt.scene.uncertainty import uncertainty_volume

        session = self._session
        scores = session.project.read_scores(session.current)
        if scores is None:
            return
        name = _("{case} uncertainty (%)").format(case=session.current)
        node = uncertainty_volume(
            self._scene, scores.uncertainty(), scores.geometry, name, case=str(session.current), view=VIEW
        )
        put_into_case_folder(self._scene, str(session.current), [node])
        self._layers.show(session.editor.volumeNode.GetID(), foreground=node.GetID(), opacity=OPACITY)

    # ---- what it says ----------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """Whose proposal there is and how sure the model was; of a classification also what it says."""
        opened = self._session.opened
        if opened is None:
            return ""
        if opened.blind:
            return self.hidden
        record = self._record
        if record is None:
            return self.problem
        parts = [_("Proposal of {model}").format(model=record.model)]
        if record.confidence is not None:
            parts.append(_("confidence {c:.2f}").format(c=record.confidence))
        if record.rejected:
            parts.append(_("rejected by {who}").format(who=record.rejected_by))
        elif self._task == "classification":
            parts.append(self._suggestion())
        return " · ".join([*parts, *([f"⚠ {self.problem}"] if self.problem else [])])

    @property
    def _task(self) -> str:
        project = self._session.project
        return "" if project is None else str(project.settings.task)

    def _suggestion(self) -> str:
        project, case = self._session.project, self._session.current
        names = {info.value: info.name for info in project.settings.classes}
        try:
            label = project.read_proposal(case)
        except MedOptError as error:
            return str(error)
        found = ", ".join(names[value] for value in label.present) if label is not None else ""
        return _("says: {classes}").format(classes=found or _("none of the classes"))

    @property
    def _noScores(self) -> str:
        if self._task != "segmentation":
            return _("Only proposals of a segmentation have a map of uncertainty.")
        if self._scores is None:
            project = self._session.project
            self._scores = project.proposals.scores_path(self._session.current).is_file()
        return "" if self._scores else _("The model told no uncertainty of this proposal.")

    def buttons(self) -> dict[str, ButtonState]:
        """How the check boxes and the button Reject look."""
        hidden, opened = self.hidden, self._session.opened
        noOutline = hidden or (
            _("The line above says what the model suggests.") if self._task == "classification" else ""
        )
        noProposal = hidden or ("" if opened is not None and opened.source == PROPOSAL else self._notStarted)
        return {
            "showProposalCheck": ButtonState(noOutline, _("Show the proposal as outlines over the label.")),
            "showUncertaintyCheck": ButtonState(
                hidden or self._noScores, _("Show where the model is unsure: yellow a little, red very.")
            ),
            "rejectButton": ButtonState(noProposal, _("The proposal is no use: start from an empty label.")),
        }

    @property
    def _notStarted(self) -> str:
        if self._record is not None and self._record.rejected:
            return _("The proposal was rejected.")
        return _("The label does not start from the proposal: it was saved already.")
