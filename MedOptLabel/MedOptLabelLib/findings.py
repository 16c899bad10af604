"""Verification of what was collected: a job looks at every file, the panel lists what it found."""

from __future__ import annotations

from collections import Counter
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.presenter import ButtonState, Presenter

COMMAND = "check"
COLUMNS = ("case", "severity", "problem", "found", "what to do")
"""Fields of a finding as the worker tells it, in the order of the table."""


class Findings(Presenter):
    """Starts the verification and keeps its findings.

    Parameters
    ----------
    jobs : the worker line; the findings come with the events of its job
    """

    def __init__(self, jobs: JobLine) -> None:
        super().__init__()
        self._jobs = jobs
        self._project: Any = None
        self._forget()
        jobs.eventArrived.connect(self._onEvent)
        jobs.finished.connect(self._onFinished)

    def _forget(self) -> None:
        self.rows: list[dict[str, str]] = []
        self.verified = False

    def setProject(self, project: Any) -> None:
        """Another project: its findings are not known yet."""
        self._project = project
        self._forget()
        self.changed.emit()

    def verify(self) -> None:
        """Let the worker read every image and label."""
        self._jobs.start([COMMAND, str(self._project.folder)])
        self.changed.emit()

    def caseOf(self, row: int) -> str | None:
        """The case that a finding is about; None for one about the whole project."""
        case = self.rows[row]["case"] if 0 <= row < len(self.rows) else ""
        return case if self._project is not None and case in {found.id for found in self._project.cases()} else None

    def cells(self) -> list[list[str]]:
        """Rows of the table, errors first."""
        return [[row[column] for column in COLUMNS] for row in self.rows]

    @property
    def text(self) -> str:
        """Count of findings by severity."""
        if not self.verified:
            return ""
        counts = Counter(row["severity"] for row in self.rows)
        if not counts:
            return _("✓ Nothing to complain about.")
        return _("{e} errors, {w} warnings, {n} notes. Double-click a row to see the case.").format(
            e=counts["error"], w=counts["warning"], n=counts["note"]
        )

    def _onEvent(self, event: dict[str, Any]) -> None:
        rows = event.get("rows")
        if event["kind"] != "result" or self._jobs.status.command != COMMAND or not isinstance(rows, list):
            return
        order = {"error": 0, "warning": 1}
        found = [{column: str(row.get(column, "")) for column in COLUMNS} for row in rows if isinstance(row, dict)]
        self.rows = sorted(found, key=lambda row: order.get(row["severity"], 2))
        self.verified = True
        self.changed.emit()

    def _onFinished(self, _job: Any, status: Any) -> None:
        if status.command in (COMMAND, "import"):
            self.changed.emit()

    def buttons(self) -> dict[str, ButtonState]:
        """How the button looks."""
        missing = "" if self._project is not None else _("Open or create a project first.")
        missing = missing or ("" if self._project.status().cases else _("Import images first."))
        missing = missing or (_("Wait for the end of the job under way.") if self._jobs.busy else "")
        tip = _(
            "Look for files that cannot be read, labels on other grids, wrong values and duplicates. Changes nothing."
        )
        return {"verifyButton": ButtonState(missing, tip)}
