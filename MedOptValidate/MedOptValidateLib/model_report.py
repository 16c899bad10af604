"""The validation report of one model of a compression: where it lies, and how it is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptValidateLib.measured_models import MeasuredModel, exportedKey
from MedOptValidateLib.validator import Validator

SUBSET = "validation"
"""Reports that are made from here are of the cases that the models were chosen by: the test stays sealed."""


class ModelReport(Presenter):
    """Parameters
    ----------
    jobs : the worker line
    validator : knows the exported models, and whether a job can be started
    """

    def __init__(self, jobs: JobLine, validator: Validator) -> None:
        super().__init__()
        self._jobs, self._validator = jobs, validator
        self._project: Any = None
        self._model: Any = None
        self._measuring: tuple[str, list[str]] | None = None
        jobs.finished.connect(self._onFinished)

    def setProject(self, project: Any) -> None:
        """Another project, or none."""
        self._project, self._model, self._measuring = project, None, None

    def choose(self, model: Any) -> None:
        """Another measured model of the front; None for none."""
        self._model = model

    @property
    def key(self) -> str:
        """By which the section Results knows the chosen model; empty when it is not there."""
        return "" if self._entry is None else self._entry.key

    @property
    def _entry(self) -> MeasuredModel | None:
        return None if self._model is None else self._validator.entry(exportedKey(self._model.name))

    @property
    def file(self) -> Path | None:
        """The report of the chosen model, that of its test cases if there is one; None when none was made.

        A model in float gives what its run gives, so that the run's own report is its report, too.
        """
        entry = self._entry
        if entry is None:
            return None
        folders = [entry.folder, *([entry.folder.parent.parent] if self._model.bits == 32 else [])]
        pages = [folder / f"report-{subset}.html" for folder in folders for subset in ("test", SUBSET)]
        return next((page for page in pages if page.is_file()), None)

    def make(self) -> None:
        """Measure the chosen model on the validation cases, unless that was done, and make its report."""
        entry = self._entry
        if entry is None:
            return
        what = [str(self._project.folder), *entry.words, "--subset", SUBSET]
        report = ["report", *what]
        if (entry.folder / f"metrics-{SUBSET}.json").is_file():
            self._jobs.start(report)
        else:
            self._measuring = (self._jobs.start(["validate", *what]).id, report)

    def _onFinished(self, job: Any, status: Any) -> None:
        if self._measuring is None or self._measuring[0] != job.id:
            return
        report, self._measuring = self._measuring[1], None
        if status.state == "done":
            self._jobs.start(report)

    def buttons(self, noModels: str) -> dict[str, ButtonState]:
        """States of the buttons of the chosen model; ``noModels`` tells why there is none to choose."""
        missing = noModels or ("" if self._model is not None else _("Choose a row of the table, or a point, first."))
        missing = missing or ("" if self._entry is not None else _("The model is not in the project any more."))
        made = _("Open the validation report in the web browser.")
        make = _("Measure the model on the validation cases and write its report, in a worker process.")
        report = ButtonState(missing, made, text=_("Open report"))
        if self.file is None:
            report = ButtonState(missing or self._validator.busy(), make, text=_("Make report"))
        return {
            "modelReportButton": report,
            "modelResultsButton": ButtonState(missing, _("Show the model in the section Results, case by case.")),
        }
