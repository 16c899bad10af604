"""The worker line at the foot of every panel: the current job, its progress, its log, and the way to end it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _
from MedOptCoreLib.library import Library
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptCoreLib.signal import Signal
from MedOptCoreLib.texts import duration
from MedOptCoreLib.timer import Timer

POLL_MILLISECONDS = 500
LIST_EVERY = 10
"""The list of jobs is read again at every tenth poll, which finds those that were started in a terminal."""
JOBS_LISTED = 50
"""Older jobs are left out of the list: each costs a look at its files."""
LOG_LINES = 200
GRACE_SECONDS = 45.0
"""How long a job may take to end by itself (training saves a checkpoint) before it is ended."""
UNDER_WAY = ("starting", "running")


@dataclass(frozen=True)
class JobRow:
    """A job in the list of the project's jobs."""

    id: str
    label: str
    running: bool


class JobLine(Presenter):
    """Follows one job of the project.

    ``eventArrived`` is emitted with each event of the job, from its beginning, and ``finished`` with
    (job, status) when a job ends while it is followed. Jobs that ended before are not followed by themselves.
    """

    def __init__(self, library: Library, timer: Timer, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._library, self._timer, self._clock = library, timer, clock
        self._folder: Path | None = None
        self._ticks = 0
        self._forget()
        self.rows: list[JobRow] = []
        self.followed = Signal()
        self.eventArrived = Signal()
        self.finished = Signal()

    def _forget(self) -> None:
        self.job: Any = None
        self.status: Any = None
        self._offset = 0
        self._progress: dict[str, Any] | None = None
        self._message = ""
        self._stopping = False
        self._askedAt = 0.0

    # ---- which job -----------------------------------------------------------------------------------------

    def setProjectFolder(self, folder: Path | None) -> None:
        """Look at the jobs of the project in ``folder``; the newest one under way is followed. None: no project."""
        self._folder = folder
        self._forget()
        self.rows = []
        if folder is None:
            self._timer.stop()
        else:
            self.refresh()
            self._timer.start(POLL_MILLISECONDS, self.poll)
        self.changed.emit()

    def refresh(self) -> None:
        """Read the list of jobs; when no job under way is followed, follow the newest that is."""
        if self._folder is None:
            return
        found = self._readRows()
        if not self.busy:
            newest = next((job for job, status in found if status.state in UNDER_WAY), None)
            if newest is not None:
                self.follow(newest)

    def start(self, arguments: Sequence[str]) -> Any:
        """Start ``medopt ARGUMENTS`` as a job of the project and follow it; MedOptError when one is under way."""
        if self._folder is None:
            raise MedOptError(_("no project is open"), remedy=_("Open or create a project first"))
        if self.busy:
            raise MedOptError(
                _("a job is under way"), found=self.text, remedy=_("Wait for its end, or press Cancel, then try again")
            )
        job = self._library.startJob(self._folder, arguments)
        self.follow(job)
        self.refresh()
        self.changed.emit()
        return job

    def followId(self, jobId: str) -> None:
        """Follow the job called ``jobId``; an unknown one is ignored."""
        if self._folder is None or (self.job is not None and self.job.id == jobId):
            return
        for job in self._library.listJobs(self._folder):
            if job.id == jobId:
                self.follow(job)

    def follow(self, job: Any) -> None:
        """Follow ``job`` from its first event on, whichever process started it."""
        self._forget()
        self.job = job
        self.status = job.status()
        self.followed.emit(job)
        self._readEvents()
        self.changed.emit()

    # ---- what it does --------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """True while the followed job is under way."""
        return self.status is not None and self.status.state in UNDER_WAY

    def poll(self) -> None:
        """Read what came since the last look; called by the timer."""
        self._ticks += 1
        if self._ticks % LIST_EVERY == 0:
            before = self.rows
            self.refresh()
            if self.rows != before:
                self.changed.emit()
        if self.busy and self._stopping and self._clock() - self._askedAt > GRACE_SECONDS:
            self._askedAt = self._clock()
            self._library.endJob(self.job)
        if self.busy:
            self._look()

    def _look(self) -> None:
        status = self.job.status()  # before the events: an end seen here has its last events on disk already
        job = self.job
        self._readEvents()
        if self.job is not job:  # a listener chose another one
            return
        ended = status.state not in UNDER_WAY
        self.status = status
        if ended:
            self._readRows()
        try:
            if ended:
                self.finished.emit(job, status)
        finally:
            self.changed.emit()

    def _readRows(self) -> list[tuple[Any, Any]]:
        jobs = [] if self._folder is None else self._library.listJobs(self._folder)[:JOBS_LISTED]
        found = [(job, job.status()) for job in jobs]
        self.rows = [JobRow(job.id, _label(status), status.state in UNDER_WAY) for job, status in found]
        return found

    def _readEvents(self) -> None:
        job = self.job
        events, self._offset = job.events(self._offset)
        for event in events:
            kind = event["kind"]
            if kind == "progress":
                self._progress = event
            elif kind == "message":
                self._message = str(event.get("text", ""))
            elif kind in ("started", "finished"):
                self._progress = None
            self.eventArrived.emit(event)
            if self.job is not job:
                return

    def cancel(self) -> None:
        """Ask the followed job to end; training saves a checkpoint first. After GRACE_SECONDS it is ended."""
        if self.busy and not self._stopping:
            self._stopping = True
            self._askedAt = self._clock()
            self._library.askToStop(self.job)
            self.changed.emit()

    # ---- what it shows -------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """One line about the followed job."""
        if self.status is None:
            return _("no job")
        command, state = self.status.command, self.status.state
        if self.busy and self._stopping:
            return _("{command}: ending…").format(command=command)
        if self.busy and self._progress is not None:
            return _("{command}: {stage}, {done} of {total} {unit}").format(
                command=command,
                stage=self._progress.get("stage", ""),
                done=self._progress.get("done", 0),
                total=self._progress.get("total", 0),
                unit=self._progress.get("unit", ""),
            )
        if state == "failed":
            return _("{command} failed: {error}").format(command=command, error=self.status.error or _("see the log"))
        if state == "lost":
            return _("{command} ended without a word (killed, or the computer went down)").format(command=command)
        if self.busy and self._message:
            return f"{command}: {self._message}"
        words = {"starting": _("starting"), "running": _("running"), "done": _("done"), "stopped": _("stopped")}
        return f"{command}: {words.get(state, state)}"

    @property
    def percent(self) -> int | None:
        """Progress of the present stage, 0 to 100; None when it cannot be told."""
        if self.status is not None and self.status.state == "done":
            return 100
        if not self.busy or self._progress is None or not self._progress.get("total"):
            return None
        return int(100 * self._progress["done"] / self._progress["total"])

    @property
    def timeLeft(self) -> str:
        """ "3 min 05 s left"; empty when it cannot be told."""
        seconds = self._progress.get("remaining_s") if self.busy and self._progress is not None else None
        return "" if seconds is None else _("{time} left").format(time=duration(seconds))

    @property
    def workerText(self) -> str:
        """What the line of state in the head says of the worker."""
        if not self.busy:
            return _("worker idle")
        if self.percent is None:
            return _("worker: {command}").format(command=self.status.command)
        return _("worker: {command} {percent} %").format(command=self.status.command, percent=self.percent)

    def log(self) -> str:
        """The last lines of the followed job's log; empty without a job."""
        if self.job is None:
            return ""
        return self.job.log_tail(LOG_LINES)

    def buttons(self) -> dict[str, ButtonState]:
        """How the buttons of the line look."""
        missing = "" if self.busy else _("No job is under way.")
        if self.busy and self._stopping:
            missing = _("The job is ending.")
        return {"cancelButton": ButtonState(missing, _("End the job. Training saves a checkpoint and can be resumed."))}

    def close(self) -> None:
        """Look no more; the job goes on."""
        self._timer.stop()


def _label(status: Any) -> str:
    """How a job stands in the list: what, state, since when."""
    started = str(status.started or "")[:16].replace("T", " ")
    return f"{status.command} · {status.state} · {started}" if started else f"{status.command} · {status.state}"
