"""The sections whose work a process of its own does: core set, teaching, agreement, suspected errors; and history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.packages import workerPackages
from MedOptLabelLib.agreement_section import AgreementSection
from MedOptLabelLib.blind_form import BlindForm
from MedOptLabelLib.core_set_section import CoreSetSection
from MedOptLabelLib.core_set_widget import CoreSetWidget
from MedOptLabelLib.label_errors_section import LabelErrorsSection
from MedOptLabelLib.label_history import LabelHistory
from MedOptLabelLib.live_training import LiveTraining
from MedOptLabelLib.more_widget import MoreWidget
from MedOptLabelLib.rounds_view import RoundsView
from MedOptLabelLib.session import LabelSession
from MedOptLabelLib.teach_section import TeachSection
from MedOptLabelLib.teach_widget import TeachWidget

Guard = Callable[[Callable[[], None]], Callable[[], None]]
CHANGING = ("import", "coreset", "agreement", "label-errors", "propose")
"""Commands after which cases, labels or flags may be others; a round of teaching tells by itself."""


class JobSections:
    """The presenters with their widgets.

    Parameters
    ----------
    ui : the named widgets
    session : the presenter of the cases
    jobs : the worker line
    scene : a ``vtkMRMLScene``
    createViews : makes what brings a chart into a view
    guarded : makes a function that shows the errors of another and counts as a sign of work
    """

    def __init__(
        self, ui: Any, session: LabelSession, jobs: JobLine, scene: Any, createViews: Callable[[], Any], guarded: Guard
    ) -> None:
        self._session, self._scene = session, scene
        group, live = workerPackages(), LiveTraining(scene)
        self.coreSet = CoreSetSection(scene, jobs)
        self.teach = TeachSection(jobs, live, lambda: [requirement.name for requirement in group.missing()])
        self.rounds, self.blind = RoundsView(scene, live), BlindForm()
        self.history = LabelHistory(scene, session)
        self.agreement, self.labelErrors = AgreementSection(jobs), LabelErrorsSection(jobs)
        self.coreViews, self.teachViews = createViews(), createViews()
        self._choosing = CoreSetWidget(ui, self.coreSet, session, scene, self.coreViews, guarded)
        self._teaching = TeachWidget(ui, self.teach, self.rounds, self.blind, self.teachViews, guarded)
        self._more = MoreWidget(ui, self.history, self.agreement, self.labelErrors, session, self._jump, guarded)
        session.labelSaved.connect(self._onSaved)
        self.teach.proposalsCame.connect(self._reload)
        jobs.finished.connect(self._onFinished)

    def setProject(self, project: Any) -> None:
        """Another project, or None."""
        for part in (self.coreSet, self.teach, self.rounds, self.blind, self.agreement, self.labelErrors):
            part.setProject(project)

    def _onSaved(self, _caseId: str) -> None:
        self.teach.refresh()

    def _onFinished(self, _job: Any, status: Any) -> None:
        if status.command in CHANGING and self._session.project is not None:
            self._reload()
            self.coreSet.refresh()
            self.teach.refresh()

    def _reload(self) -> None:
        """The list of cases anew; no sign of the annotator's work, so that the clock stands while he is away."""
        from MedOptCoreLib.qt_tools import showErrors

        with showErrors():
            self._session.reload()

    def _jump(self, point: Any) -> None:
        from medopt.scene.slice_jump import jump_slices

        jump_slices(self._scene, point)

    def show(self) -> None:
        """Show what the presenters say."""
        for section in (self._choosing, self._teaching, self._more):
            section.show()

    def cleanup(self) -> None:
        """Take what was shown beside the label out of the scene, and listen to plots no more."""
        self.history.close()
        self._choosing.cleanup()
