"""A round of teaching from the panel: start or go on, follow it while labelling goes on, and tell how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.presenter import ButtonState
from MedOptCoreLib.signal import Signal
from MedOptLabelLib.job_presenter import JobPresenter
from MedOptLabelLib.live_training import LiveTraining

COMMAND = "teach"
PROPOSING = "propose"
"""Stage of the job's progress while proposals are written."""
REFRESH_SECONDS = 3.0
"""The list of cases is read again at most so often while proposals arrive."""


class TeachSection(JobPresenter):
    """Listens to the worker line: a round under way, whoever started it, is followed by itself.

    ``proposalsCame`` is emitted while proposals arrive and at the end, so that the list of cases is read again,
    ``ended`` when a round has ended or stopped.

    Parameters
    ----------
    jobs : the worker line
    live : gathers what is measured of the model in training
    missingPackages : names of what the worker lacks; empty when it can train
    now : seconds
    """

    def __init__(
        self,
        jobs: JobLine,
        live: LiveTraining,
        missingPackages: Callable[[], list[str]],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(jobs)
        self.live, self._missingPackages, self._now = live, missingPackages, now
        self.proposalsCame, self.ended = Signal(), Signal()
        self._forget()
        jobs.followed.connect(self._onFollowed)
        jobs.eventArrived.connect(self._onEvent)

    def _forget(self) -> None:
        self.rounds: list[Any] = []
        self.problem, self._obstacle, self._packages = "", "", ""
        self._usable = 0
        self._refreshed = -REFRESH_SECONDS

    # ---- the project -----------------------------------------------------------------------------------------

    def setProject(self, project: Any) -> None:
        """Another project, or None; a round of it that is under way is followed from its beginning."""
        self._project = project
        self._forget()
        self.live.forget()
        self.refresh()
        if self.running and project is not None:
            for event in self._jobs.job.events(0)[0]:
                self._onEvent(event)

    def refresh(self) -> None:
        """Look again at labels and rounds."""
        if self._project is not None:
            from medopt.labelling.division import divide_labelled
            from medopt.labelling.rounds import load_rounds

            names = ", ".join(self._missingPackages())
            self._packages = _("Install the missing packages first: {names}").format(names=names) if names else ""
            self._obstacle, self._usable = "", 0
            try:
                self.rounds = load_rounds(self._project)
                division = divide_labelled(self._project)
                self._usable = len(division.train) + len(division.validation)
            except MedOptError as error:
                self._obstacle = _told(error)
        self.changed.emit()

    @property
    def unfinished(self) -> Any:
        """The round that was begun and not brought to its end; None without one."""
        last = self.rounds[-1] if self.rounds else None
        return None if last is None or last.state == "done" else last

    # ---- the job ---------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether a round is under way."""
        return self.runs(COMMAND)

    def startOrStop(self, minutes: float, *, anew: bool = False) -> None:
        """One button: begin a round, or go on with the one that was begun, or stop, which saves a checkpoint.

        Parameters
        ----------
        minutes : of training in all
        anew : give an unfinished round up and begin the next one with today's labels
        """
        if self.running:
            self._jobs.cancel()
            return
        self.problem = ""
        more = ["--anew"] if anew and self.unfinished is not None else []
        self._jobs.start([COMMAND, str(self._project.folder), "--time", f"{60 * minutes:g}s", *more])
        self.changed.emit()

    def _onFollowed(self, _job: Any) -> None:
        if self._jobs.status.command == COMMAND:
            self.live.forget()
            self.problem = ""

    def _onEvent(self, event: dict[str, Any]) -> None:
        if self._jobs.status.command != COMMAND or self._project is None:
            return
        if event["kind"] == "started" and event.get("run"):
            self.refresh()  # the record of the round is there by now
        if event["kind"] == "progress" and event.get("stage") == PROPOSING and event.get("done"):
            self._onProposal()
        if self.live.take(event):
            self.changed.emit()

    def _onProposal(self) -> None:
        if self._now() - self._refreshed >= REFRESH_SECONDS:
            self._refreshed = self._now()
            self.proposalsCame.emit()

    def _onFinished(self, _job: Any, status: Any) -> None:
        if self._project is not None and status.command in (COMMAND, "propose"):
            self.problem = status.error or "" if status.state == "failed" else ""
            self.refresh()
            self.proposalsCame.emit()
            self.ended.emit()

    # ---- what it says ----------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """What is labelled and what that is enough for; while a round is under way, what it does."""
        if self._project is None:
            return ""
        lines = [self._doing] if self.running else [self._labelled]
        if self.running and self.live.text:
            lines.append(self.live.text)
        if not self.running and self.unfinished is not None:
            lines.append(
                _("Round {n} was begun with {cases} cases and not finished; it goes on where it was.").format(
                    n=self.unfinished.number, cases=_cases(self.unfinished)
                )
            )
        if self.problem:
            lines.append(f"⚠ {self.problem}")
        return "\n".join(line for line in lines if line)

    @property
    def _doing(self) -> str:
        current = self.unfinished
        if current is None:
            return _("A round begins. You can go on labelling.")
        text = _("Round {n}: {reason} You can go on labelling; what is labelled from now on counts in the next round.")
        return text.format(n=current.number, reason=current.reason)

    @property
    def _labelled(self) -> str:
        if self._obstacle:
            return self._obstacle
        last = next((one for one in reversed(self.rounds) if one.state == "done"), None)
        if last is None:
            return _("{n} labelled; enough for a starter model.").format(n=self._usable)
        return _("{n} labelled, {more} more than round {round} learned from and was judged by.").format(
            n=self._usable, more=max(0, self._usable - _cases(last)), round=last.number
        )

    def buttons(self) -> dict[str, ButtonState]:
        """How the button looks."""
        if self.running:
            tip = _("End the round for now. It saves a checkpoint and goes on from there when you press again.")
            return {"teachButton": ButtonState("", tip, text=_("Stop"))}
        missing = self.noProject or self._obstacle or self._packages or self.otherJob
        tip = _(
            "Learn from what is labelled so far, then propose labels for all other cases, in a process of its own. "
            "You go on labelling meanwhile."
        )
        current = self.unfinished
        text = _("Train and propose") if current is None else _("Go on with round {n}").format(n=current.number)
        return {"teachButton": ButtonState(missing, tip, text=text)}


def _cases(record: Any) -> int:
    """Labelled cases in a round."""
    return int(record.training_cases + record.validation_cases)


def _told(error: MedOptError) -> str:
    """What is wrong, in a sentence without the folder."""
    parts = [error.problem]
    if error.expected:
        parts.append(_("needed: {what}").format(what=error.expected))
    if error.found:
        parts.append(_("there: {what}").format(what=error.found))
    text = "; ".join(parts)
    text = text[:1].upper() + text[1:] + "."
    return f"{text} {error.remedy}." if error.remedy else text
