"""Split, start, stop, resume, follow: what the Train and Runs sections do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptTrainLib.curves import LearningCurves
from MedOptTrainLib.recipe_form import RecipeForm
from MedOptTrainLib.runs import RunRow, freeName, readRuns

TRAINING_COMMANDS = ("train", "demo")


class Trainer(Presenter):
    """Listens to the worker line: a training under way, whoever started it, is followed by itself.

    Parameters
    ----------
    jobs : the worker line
    recipe : the recipe of a new run
    curves : charts of the run that is shown
    missingPackages : names of what the worker lacks; empty when it can train
    """

    def __init__(self, jobs: JobLine, recipe: RecipeForm, curves: LearningCurves, missingPackages: Any = list) -> None:
        super().__init__()
        self._jobs, self._recipe, self._curves, self._missingPackages = jobs, recipe, curves, missingPackages
        self._project: Any = None
        self.split: Any = None
        self.rows: list[RunRow] = []
        self.selected: str | None = None
        self._wasBusy = False
        jobs.eventArrived.connect(self._onEvent)
        jobs.changed.connect(self._onJobs)
        jobs.finished.connect(self._onFinished)

    def setProject(self, project: Any) -> None:
        """Show the runs and the split of ``project``."""
        self._project = project
        self.selected = None
        self._curves.follow(None)
        self.reload()
        if self._jobs.busy:  # a training under way, whose first events came before the project was known here
            for event in self._jobs.job.events(0)[0]:
                self._onEvent(event)

    def reload(self) -> None:
        """Read split and runs again."""
        self.split = None if self._project is None else splitOf(self._project)
        self.rows = [] if self._project is None else readRuns(Path(self._project.folder))
        if self.selected not in {row.name for row in self.rows}:
            self.selected = None
        self.changed.emit()

    # ---- what it does --------------------------------------------------------------------------------------

    def makeSplit(self, testPercent: float, validationPercent: float) -> None:
        """Divide the labelled cases by subject, once."""
        from medopt.project import make_split

        make_split(self._project, test=testPercent / 100, validation=validationPercent / 100)
        self.reload()

    def startOrStop(self, name: str, minutes: float) -> None:
        """One button: start a run, or stop the one that is being trained."""
        if self.training:
            self._jobs.cancel()
        else:
            self.start(name, minutes)

    def start(self, name: str, minutes: float) -> None:
        """Start a new run; an empty name takes the next free one."""
        folder = Path(self._project.folder)
        run = name.strip() or freeName(folder)
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", run):
            raise MedOptError(
                _("the name cannot be used"), where=_("Name"), expected=_("letters, digits, - and _"), found=run
            )
        if (folder / "runs" / run).exists():
            raise MedOptError(
                _("there is a run of this name"),
                where=run,
                remedy=_("Choose another name, or select the run and press Resume"),
            )
        arguments = ["train", str(folder), "--run", run]
        recipe = self._recipe.fileForRun(run)
        if recipe is not None:
            arguments += ["--recipe", str(recipe)]
        else:
            arguments += ["--minutes", str(minutes)]
        self._jobs.start(arguments)

    def resume(self) -> None:
        """Go on with the selected run by its own recipe."""
        self._jobs.start(["train", str(self._project.folder), "--run", str(self.selected)])

    def select(self, name: str | None) -> None:
        """Show another run's curves."""
        if name == self.selected:
            return
        self.selected = name
        row = self._row()
        self._curves.follow(None if row is None else row.folder)
        self.changed.emit()

    # ---- what the worker tells -----------------------------------------------------------------------------

    @property
    def training(self) -> bool:
        """True while the followed job trains; proposing and checking a recipe is no training."""
        if not self._jobs.busy or self._jobs.status.command not in TRAINING_COMMANDS:
            return False
        return not self._recipe.waitsFor(self._jobs.job)

    def _onEvent(self, event: dict[str, Any]) -> None:
        run = event.get("run") if event["kind"] == "started" else None
        if isinstance(run, str) and self._project is not None and self._jobs.busy:
            self.reload()
            self.selected = run
            self._curves.follow(Path(self._project.folder) / "runs" / run)
            self.changed.emit()

    def _onJobs(self) -> None:
        fresh = self._curves.update()
        if fresh or self._wasBusy != self._jobs.busy:
            self._wasBusy = self._jobs.busy
            self.changed.emit()

    def _onFinished(self, job: Any, status: Any) -> None:
        self._recipe.jobFinished(job, status)
        self._curves.update()
        self.reload()

    # ---- what it shows -------------------------------------------------------------------------------------

    def _row(self) -> RunRow | None:
        return next((row for row in self.rows if row.name == self.selected), None)

    @property
    def splitText(self) -> str:
        """How many subjects and cases each part of the split has."""
        if self._project is None:
            return ""
        if self.split is None:
            return _("No split yet. Subjects are divided once, before the first training; the test part stays sealed.")
        parts = [
            _("{part}: {cases} cases of {subjects} subjects").format(
                part=title, cases=len(getattr(self.split, part)), subjects=len(self.split.subjects[part])
            )
            for part, title in (("train", _("training")), ("validation", _("validation")), ("test", _("test")))
        ]
        return " · ".join(parts)

    def buttons(self) -> dict[str, ButtonState]:
        """How the buttons look."""
        noProject = "" if self._project is not None else _("Open or create a project first.")
        labelled = 0 if self._project is None else self._project.status().labelled
        noLabels = noProject or ("" if labelled else _("Label some cases first."))
        noSplit = noLabels or ("" if self.split is not None else _("Make the split first."))
        missing = self._missingPackages()
        noWorker = noSplit or (
            _("Install the missing packages first: {names}").format(names=", ".join(missing)) if missing else ""
        )
        busy = _("Wait for the end of the job under way.") if self._jobs.busy and not self.training else ""
        row = self._row()
        noResume = noWorker or (_("Select a run in the table of runs first.") if row is None else "")
        noResume = noResume or (
            "" if row is not None and row.resumable else _("The selected run is finished or under way.")
        )
        start = ButtonState(
            noWorker or self._recipe.incomplete or busy,
            _("Train a new run in a worker process."),
            next=self.split is not None,
            text=_("Start training"),
        )
        stop = ButtonState("", _("Save a checkpoint and end; Resume goes on from there."), text=_("Stop training"))
        anyJob = _("Wait for the end of the job under way.") if self._jobs.busy else ""
        return {
            "splitButton": ButtonState(
                noLabels
                or (_("The split is made; it stays, so that results compare.") if self.split is not None else ""),
                _("Divide the labelled cases by subject, once."),
                next=True,
            ),
            "startButton": stop if self.training else start,
            "resumeButton": ButtonState(noResume or anyJob, _("Go on with the selected run from its last checkpoint.")),
            "showCurvesButton": ButtonState(
                "" if self._curves.metrics else _("There is no measurement to show yet."),
                _("Show the curves in the present view layout, or go back."),
            ),
        }


def splitOf(project: Any) -> Any:
    """The project's split, None while there is none; other faults of it are told."""
    from medopt.project import load_split
    from medopt.project.splitting import split_path

    if not split_path(project).is_file():
        return None
    return load_split(project)
