"""Short questions to the worker: a command that writes a file, and what is done with the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from MedOptCoreLib.i18n import _

Answer = Callable[[Path | None, str], None]
"""Gets the file, or None and the reason why there is none."""


class WorkerAnswers:
    """At most one question is under way, as the worker line takes one job at a time.

    Parameters
    ----------
    jobs : the worker line
    """

    def __init__(self, jobs: Any) -> None:
        self.jobs = jobs
        self._waiting: tuple[str, Path, Answer] | None = None
        jobs.finished.connect(self._onFinished)

    def ask(self, arguments: Sequence[str], file: Path, answer: Answer) -> None:
        """Start ``medopt ARGUMENTS``, which writes ``file``; MedOptError while a job is under way."""
        job = self.jobs.start(arguments)
        self._waiting = (job.id, file, answer)

    def forget(self) -> None:
        """Take no answer any more, since another project was opened."""
        self._waiting = None

    @property
    def waiting(self) -> bool:
        """Whether an answer is awaited."""
        return self._waiting is not None

    def _onFinished(self, job: Any, status: Any) -> None:
        if self._waiting is None or self._waiting[0] != job.id:
            return
        _id, file, answer = self._waiting
        self._waiting = None
        if status.state == "done" and file.is_file():
            answer(file, "")
        else:
            answer(None, status.error or _("The worker gave no answer; see the log."))
