"""Split, start, stop, resume, follow: what the Train and Runs sections do."""

from __future__ import annotations

import platform
import re
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib import hardware
from MedOptCoreLib.i18n import _
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptTrainLib.compared_runs import comparison
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
        self.other: str | None = None
        self.device, self.threads = "", 0
        self._wasBusy = False
        jobs.eventArrived.connect(self._onEvent)
        jobs.changed.connect(self._onJobs)
        jobs.finished.connect(self._onFinished)

    def setProject(self, project: Any) -> None:
        """Show the runs and the split of ``project``."""
        self._project = project
        self.selected = self.other = None
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
        if self.other not in {row.name for row in self.rows}:
            self.other = None
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
        self._jobs.start([*arguments, *self._where()])

    def resume(self) -> None:
        """Go on with the selected run by its own recipe."""
        self._jobs.start(["train", str(self._project.folder), "--run", str(self.selected), *self._where()])

    def _where(self) -> list[str]:
        """Device and threads that were chosen; the worker decides what was not."""
        device = ["--device", self.device] if self.device else []
        return [*device, *(["--threads", str(self.threads)] if self.threads else [])]

    def devices(self) -> list[tuple[str, str]]:
        """(name, text) of what can train here; an empty name lets the worker choose."""
        gpus = [(f"cuda:{n}", f"{name} (cuda:{n})") for n, name in enumerate(hardware.gpuNames())]
        metal = [("mps", _("Apple GPU"))] if platform.system() == "Darwin" else []
        return [("", _("the best there is")), ("cpu", _("CPU")), *gpus, *metal]

    def setDevice(self, name: str) -> None:
        """Choose what trains; empty for the best there is."""
        if name != self.device:
            self.device = name
            self.changed.emit()

    def setThreads(self, threads: int) -> None:
        """Choose CPU threads of the network; 0 for all."""
        self.threads = threads

    def compareWith(self, name: str | None) -> None:
        """Compare the selected run with another one; None or empty for none."""
        if (name or None) != self.other:
            self.other = name or None
            self.changed.emit()

    @property
    def comparison(self) -> str:
        """What the selected run gains over the other one; empty without two."""
        row, other = self._row(), next((one for one in self.rows if one.name == self.other), None)
        if row is None or other is None or row is other:
            return ""
        return comparison(other.folder, row.folder)

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
            runs = Path(self._project.folder) / "runs"
            if (runs / run).is_dir():
                self.selected = run
                self._curves.follow(runs / run)
            else:  # of a cross-validation, whose runs lie in its own folder
                self._curves.follow(next(runs.glob(f"*/{run}"), None))
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

    @property
    def _noLabels(self) -> str:
        """Why there is nothing to train on; empty when there is."""
        if self._project is None:
            return _("Open or create a project first.")
        return "" if self._project.status().labelled else _("Label some cases first.")

    @property
    def missingToTrain(self) -> str:
        """What is needed before the worker can train, as a sentence; empty when nothing is."""
        found = self._noLabels or ("" if self.split is not None else _("Make the split first."))
        missing = [] if found else self._missingPackages()
        return found or (
            _("Install the missing packages first: {names}").format(names=", ".join(missing)) if missing else ""
        )

    @property
    def otherJob(self) -> str:
        """That a job is under way, as a sentence; empty when none is."""
        return _("Wait for the end of the job under way.") if self._jobs.busy else ""

    def buttons(self) -> dict[str, ButtonState]:
        """How the buttons look."""
        noLabels, noWorker = self._noLabels, self.missingToTrain
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
        return {
            "splitButton": ButtonState(
                noLabels
                or (_("The split is made; it stays, so that results compare.") if self.split is not None else ""),
                _("Divide the labelled cases by subject, once."),
                next=True,
            ),
            "startButton": stop if self.training else start,
            "resumeButton": ButtonState(
                noResume or self.otherJob, _("Go on with the selected run from its last checkpoint.")
            ),
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
