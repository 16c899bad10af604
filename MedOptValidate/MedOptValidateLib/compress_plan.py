"""What a worker tells of requests of compression: the plan beforehand, and which one it is at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.job_line import JobLine
from MedOptValidateLib.compress_words import Wishes

PLAN = "Plan"
"""Title of the event with the rows of a plan."""
ENDED = re.compile(r"The branch (\S+) ends: (.*)", re.DOTALL)
"""How the worker tells that a branch is given up."""
COLUMNS = ("branch", "what", "training")


class ToldPlan:
    """Parameters
    ----------
    jobs : the worker line, whose events go to `listen` while `asking`
    """

    def __init__(self, jobs: JobLine) -> None:
        self._jobs, self._job = jobs, ""
        self.forget()

    def forget(self) -> None:
        """Show none."""
        self._of: tuple[Any, ...] = ()
        self._expected = ""
        self.rows: list[list[str]] = []

    def ask(self, arguments: Sequence[str], wishes: Wishes) -> None:
        """Start the command that tells the plan for ``wishes``; MedOptError while a job is under way."""
        self.forget()
        self._job, self._of = self._jobs.start(arguments).id, wishes.planned

    @property
    def asking(self) -> bool:
        """Whether the worker is at it."""
        return bool(self._jobs.busy and self._jobs.job.id == self._job)

    def listen(self, event: dict[str, Any]) -> None:
        """Keep what an event tells of the plan."""
        if event["kind"] == "result" and event.get("title") == PLAN:
            self.rows = [[*(str(row.get(name, "")) for name in COLUMNS), ""] for row in event.get("rows") or []]
        elif event["kind"] == "message" and event.get("level") == "info":
            self._expected = str(event.get("text", ""))

    def isFor(self, wishes: Wishes) -> bool:
        """Whether the plan was told for these."""
        return bool(self.rows) and self._of == wishes.planned

    def text(self, wishes: Wishes) -> str:
        """What the plan expects, and whether it still holds."""
        if self.asking:
            return _("The worker measures how long a patch takes…")
        if not self.rows:
            return ""
        return self._expected if self.isFor(wishes) else _("The fields were changed: see the plan again.")


class RequestAtWork:
    """The request that a worker is at, whoever started it.

    ``name`` is empty until the worker has told its plan; ``ended`` holds the branches that were given up, and why.
    """

    def __init__(self) -> None:
        self.name = ""
        self.ended: dict[str, str] = {}

    def listen(self, event: dict[str, Any]) -> None:
        """Keep what an event tells."""
        if event["kind"] == "result" and event.get("title") == PLAN:
            self.name = Path(str(event.get("path", ""))).name
        elif event["kind"] == "message" and (found := ENDED.match(str(event.get("text", "")))):
            self.ended[found[1]] = found[2]
