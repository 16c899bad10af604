"""The doors of medopt that the panels go through, each opened at the call.

The light packages (pydantic, SQLAlchemy, …) may be missing when a panel is loaded, so nothing here is imported
before it is needed. Presenters take an instance, tests may replace single methods.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _

COLOURS = ("#80ae80", "#f1d691", "#b17a65", "#6fb8d2", "#d8654f", "#dd8265", "#90ee90", "#c06858", "#dcf514", "#4e3f00")
"""Colours of Slicer's generic anatomy table, given to new classes in turn."""


class Library:
    """Functions of medopt under the names that the presenters use."""

    def openProject(self, folder: Path) -> Any:
        """The project in ``folder``; MedOptError when it is none."""
        from medopt.project import Project

        return Project.open(folder)

    def createProject(self, folder: Path, name: str, classNames: Sequence[str], channels: Sequence[str]) -> Any:
        """A new segmentation project whose classes get the values 1, 2, … in the order given."""
        from medopt.project import ClassInfo, Project

        classes = [
            ClassInfo(value=value, name=title, color=COLOURS[(value - 1) % len(COLOURS)])
            for value, title in enumerate(classNames, start=1)
        ]
        return Project.create(folder, name=name, classes=classes, channels=tuple(channels))

    def listJobs(self, projectFolder: Path) -> list[Any]:
        """The jobs of a project, the newest first."""
        from medopt.jobs import list_jobs

        return list(list_jobs(projectFolder))

    def startJob(self, projectFolder: Path, arguments: Sequence[str]) -> Any:
        """Start ``medopt ARGUMENTS`` in its own process, as a new job of the project."""
        from medopt.jobs import new_job_folder, start_job

        return start_job(list(arguments), new_job_folder(projectFolder, arguments[0]))

    def askToStop(self, job: Any) -> None:
        """Ask a job to end by itself; returns at once."""
        from medopt.files import write_bytes
        from medopt.jobs.record import STOP

        write_bytes(job.folder / STOP, b"")

    def endJob(self, job: Any) -> None:
        """End a job that did not end by itself, with every process it started."""
        job.cancel(grace_s=1.0)


def splitNames(text: str) -> list[str]:
    """Names from a line such as "Anterior, Posterior"; MedOptError for doubles."""
    names = [part.strip() for part in text.split(",") if part.strip()]
    doubles = sorted({name for name in names if names.count(name) > 1})
    if doubles:
        raise MedOptError(_("a name is given twice"), expected=_("different names"), found=", ".join(doubles))
    return names
