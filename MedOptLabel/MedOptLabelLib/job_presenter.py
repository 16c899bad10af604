"""The base of the parts of the panel that start jobs."""

from __future__ import annotations

from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.presenter import Presenter


class JobPresenter(Presenter):
    """``changed`` is emitted, too, when the worker line becomes busy or idle: buttons look otherwise then.

    Parameters
    ----------
    jobs : the worker line
    """

    def __init__(self, jobs: JobLine) -> None:
        super().__init__()
        self._jobs, self._busy = jobs, jobs.busy
        self._project: Any = None
        jobs.changed.connect(self._onJobs)
        jobs.finished.connect(self._onFinished)

    @property
    def noProject(self) -> str:
        """What is needed before anything can be done; empty when a project is open."""
        return "" if self._project is not None else _("Open or create a project first.")

    @property
    def otherJob(self) -> str:
        """Why no job can be started; empty when one can."""
        return _("Wait for the end of the job under way.") if self._jobs.busy else ""

    def runs(self, command: str) -> bool:
        """Whether ``medopt COMMAND`` is under way."""
        return self._jobs.busy and self._jobs.status.command == command

    def _onJobs(self) -> None:
        if self._jobs.busy != self._busy:
            self._busy = self._jobs.busy
            self.changed.emit()

    def _onFinished(self, job: Any, status: Any) -> None:
        """A job has ended."""
