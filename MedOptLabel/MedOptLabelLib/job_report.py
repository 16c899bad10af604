"""A table that a job writes into the project's reports: started from the panel, and read again whenever it is there."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.job_line import JobLine
from MedOptLabelLib.job_presenter import JobPresenter


class JobReport(JobPresenter):
    """Parameters
    ----------
    jobs : the worker line
    command : whose job writes the files
    files : their names in the folder of reports
    """

    def __init__(self, jobs: JobLine, command: str, files: tuple[str, ...]) -> None:
        super().__init__(jobs)
        self._command, self._files = command, files
        self.tables: dict[str, list[dict[str, str]]] = {name: [] for name in files}
        self.written: datetime | None = None
        self.problem = ""

    def setProject(self, project: Any) -> None:
        """Another project, or None; what an earlier job wrote is shown."""
        self._project, self.problem = project, ""
        self.read()

    def read(self) -> None:
        """Read the files; what is missing or no table is empty."""
        folder = None if self._project is None else Path(self._project.reports_folder)
        self.tables = {name: [] if folder is None else _rows(folder / name) for name in self._files}
        first = None if folder is None else folder / self._files[0]
        self.written = datetime.fromtimestamp(first.stat().st_mtime) if first is not None and first.is_file() else None
        self.changed.emit()

    def start(self, *options: str) -> None:
        """Let the worker write the files."""
        self.problem = ""
        self._jobs.start([self._command, str(self._project.folder), *options])
        self.changed.emit()

    @property
    def running(self) -> bool:
        """Whether the job is under way."""
        return self.runs(self._command)

    @property
    def age(self) -> str:
        """When the files were written, as a sentence; empty without them."""
        return "" if self.written is None else _("As of {time}.").format(time=f"{self.written:%Y-%m-%d %H:%M}")

    @property
    def missing(self) -> str:
        """What is needed before the job can be started; empty when it can."""
        unlabelled = not self.noProject and not self._project.status().labelled
        return self.noProject or (_("Label some cases first.") if unlabelled else "") or self.otherJob

    def _onFinished(self, _job: Any, status: Any) -> None:
        if self._project is not None and status.command == self._command:
            self.problem = status.error or "" if status.state == "failed" else ""
            self.read()


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with open(path, newline="", encoding="utf-8") as stream:
            return [{key: value or "" for key, value in row.items() if key} for row in csv.DictReader(stream)]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []
