"""Import of a folder of images, as a job."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter


class ImportForm(Presenter):
    """Fields of the import; ``start`` hands the command to the worker line."""

    def __init__(self, startJob: Callable[[Sequence[str]], Any]) -> None:
        super().__init__()
        self._startJob = startJob
        self._project: Any = None
        self.images = ""
        self.labels = ""
        self.subjectPattern = ""

    def setProject(self, project: Any) -> None:
        """The project that takes the images."""
        self._project = project
        self.changed.emit()

    def set(self, images: str, labels: str, subjectPattern: str) -> None:
        """What the fields say."""
        self.images, self.labels, self.subjectPattern = images.strip(), labels.strip(), subjectPattern.strip()
        self.changed.emit()

    def start(self) -> None:
        """Start the import; MedOptError names the field that is wrong."""
        for title, folder in ((_("Images"), self.images), (_("Labels"), self.labels)):
            if folder and not Path(folder).is_dir():
                raise MedOptError(_("the folder does not exist"), where=title, remedy=_("Choose another folder"))
        try:
            groups = re.compile(self.subjectPattern).groups
        except re.error as error:
            raise MedOptError(
                _("the pattern is wrong"), where=_("Subject"), expected=_("a regular expression"), found=str(error)
            ) from error
        if self.subjectPattern and groups < 1:
            raise MedOptError(
                _("the pattern has no group"),
                where=_("Subject"),
                remedy=_("Put the part that names the subject in ( )"),
            )
        arguments = ["import", str(self._project.folder), self.images]
        if self.labels:
            arguments += ["--labels", self.labels]
        if self.subjectPattern:
            arguments += ["--subject-pattern", self.subjectPattern]
        self._startJob(arguments)

    def buttons(self) -> dict[str, ButtonState]:
        """How the button looks."""
        missing = "" if self._project is not None else _("Open or create a project first.")
        missing = missing or ("" if self.images else _("Choose the folder with images."))
        empty = self._project is not None and self._project.status().cases == 0
        tip = _("Copy the images into the project, without names of patients; what is there already stays.")
        return {"importButton": ButtonState(missing, tip, next=empty)}
