"""One request for smaller models: plan, start, stop, resume; the front, and what each model came to. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.chart_node import ChartNode
from MedOptCoreLib.i18n import _
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptValidateLib.compress_engines import Lacking, lackingPackages
from MedOptValidateLib.compress_lists import finishedRuns, requestFolder, requestNames
from MedOptValidateLib.compress_plan import RequestAtWork, ToldPlan
from MedOptValidateLib.compress_view import CompressView
from MedOptValidateLib.compress_words import Wishes, askedBefore, freeName
from MedOptValidateLib.model_report import ModelReport
from MedOptValidateLib.validator import Validator

INTRODUCTION = _(
    "Pruned, narrower and 8-bit models are made of a run beside a control that is trained as long, and measured on "
    "validation cases; the fastest that surely keeps the score is taken. The test stays sealed."
)


class CompressSection(Presenter):
    """Parameters
    ----------
    scene : a ``vtkMRMLScene``, which takes the chart
    jobs : the worker line
    validator : knows whether a job can be started, and what else was measured
    lacking : tells what each engine lacks where workers run
    """

    def __init__(self, scene: Any, jobs: JobLine, validator: Validator, lacking: Any = lackingPackages) -> None:
        super().__init__()
        self._jobs, self._validator, self._lacking = jobs, validator, lacking
        self._chart = ChartNode(scene, "compression front")
        self._project: Any = None
        self._under, self._followed = RequestAtWork(), ""
        self._state = (False, False, False)
        self.plan = ToldPlan(jobs)
        self.report = ModelReport(jobs, validator)
        self.wishes = Wishes()
        self.view: CompressView | None = None
        self.selected, self.problem = "", ""
        jobs.followed.connect(self._onFollowed)
        jobs.eventArrived.connect(self._onEvent)
        jobs.changed.connect(self._onJobs)
        validator.changed.connect(self._onResults)
        self.report.changed.connect(self.changed.emit)

    # ---- what is chosen ------------------------------------------------------------------------------------

    def setProject(self, project: Any) -> None:
        """Show the newest request of ``project``."""
        self._project, self.view = project, None
        self.plan.forget()
        self._chart.remove()
        self.report.setProject(project)
        self._chooseRun()
        names, under = self.names(), self._under.name
        self.select(under if under in names else next(iter(names), None))

    def reload(self) -> None:
        """Look for runs and requests that were made meanwhile."""
        self._chooseRun()
        if self.view is None:
            self.select(next(iter(self.names()), None))
        else:
            self._look()
            self.changed.emit()

    def _chooseRun(self) -> None:
        names = self.runs()
        if self.wishes.run not in names:
            self.wishes = replace(self.wishes, run=names[0] if names else "")

    def runs(self) -> list[str]:
        """The finished runs, the newest first, those that a compression made last."""
        return [] if self._project is None else finishedRuns(Path(self._project.folder))

    def engines(self) -> Lacking:
        """The engines, and what they lack; none while no project is open."""
        return {} if self._project is None else self._lacking()

    def wish(self, **fields: Any) -> None:
        """Change fields of `Wishes`."""
        self.wishes = replace(self.wishes, **fields)
        self.changed.emit()

    def wishBranches(self, **fields: Any) -> None:
        """Change fields of their `Branches`."""
        self.wish(branches=replace(self.wishes.branches, **fields))

    def names(self) -> list[str]:
        """The requests of the project, whoever made them, the newest first."""
        return [] if self._project is None else requestNames(Path(self._project.folder))

    def select(self, name: str | None) -> None:
        """Show another request, and choose the engine that it was measured in; one that cannot be read is told."""
        self._open(name)
        try:
            engine = "" if self.view is None else self.view.engine
        except MedOptError as error:
            engine, self.problem = "", str(error)
        if engine and self.engines().get(engine) == ():
            self.wishes = replace(self.wishes, engine=engine)
        self.changed.emit()

    def _open(self, name: str | None) -> None:
        self.view, self.selected, self.problem = None, "", ""
        if name:
            try:
                self.view = CompressView(Path(self._project.folder), requestFolder(Path(self._project.folder)) / name)
                self._update()
            except MedOptError as error:
                self.problem = str(error)
        self._chooseTaken()
        self._redraw()

    def selectRow(self, row: int | None) -> None:
        """Choose a model by its row in the table."""
        models = () if self.view is None else self.view.models
        self.selectModel(models[row].name if row is not None and 0 <= row < len(models) else "")

    def selectModel(self, name: str) -> None:
        """Choose a model."""
        self.selected = name
        self.report.choose(self._candidate)
        self.changed.emit()

    def selectPoints(self, labels: Sequence[str]) -> bool:
        """Points of a chart were selected: choose the first that is a model; whether it was the only one."""
        models = [] if self.view is None else [one.name for one in self.view.models]
        found = [label for label in labels if label in models]
        if found:
            self.selectModel(found[0])
        return len(found) == 1

    @property
    def _candidate(self) -> Any:
        models = () if self.view is None else self.view.models
        return next((one for one in models if one.name == self.selected), None)

    @property
    def row(self) -> int | None:
        """The row of the chosen model."""
        names = [] if self.view is None else [one.name for one in self.view.models]
        return names.index(self.selected) if self.selected in names else None

    @property
    def _taken(self) -> str:
        """The model that was taken, or comes nearest."""
        front = None if self.view is None else self.view.front
        return "" if front is None else str(front.taken or front.nearest or "")

    def _chooseTaken(self) -> None:
        if self._candidate is None:
            self.selected = self._taken
        self.report.choose(self._candidate)

    # ---- what it does --------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether a compression is under way, whoever started it."""
        return bool(self._jobs.busy and self._jobs.status.command == "compress" and not self.plan.asking)

    @property
    def _isUnderWay(self) -> bool:
        """Whether what is shown is what the worker makes."""
        return self.running and self.view is not None and self.view.name == self._under.name

    def tellPlan(self) -> None:
        """Let the worker tell what a new request would do, and how long it takes."""
        self.plan.ask(["compress", self._path, *self._new(), "--plan"], self.wishes)
        self.changed.emit()

    def startOrStop(self) -> None:
        """One button: begin the request that was planned; or stop, to be resumed."""
        if self.running:
            self._jobs.cancel()
            return
        self._jobs.start(["compress", self._path, *self._new(), *self.wishes.measuring()])

    def resume(self) -> None:
        """Go on with the request that is shown; a finished one is measured anew, within the present limits."""
        if self.view is not None:
            self._jobs.start(["compress", self._path, *askedBefore(self.view), *self.wishes.measuring()])

    def _new(self) -> list[str]:
        return self.wishes.asked(freeName(requestFolder(Path(self._project.folder)), self.wishes.run))

    @property
    def _path(self) -> str:
        return str(self._project.folder)

    def showResults(self) -> None:
        """Show the chosen model in the section Results, on the cases that it was chosen by."""
        key = self.report.key
        if key:
            self._validator.choose(key, "validation")

    def chart(self) -> Any:
        """The plot chart node of the front; None while there is nothing to draw."""
        chart = None if self.view is None else self.view.chart()
        return None if chart is None else self._chart.show(chart, logarithmic=True)

    def _redraw(self) -> None:
        """Bring a chart that is there up to date."""
        if self._chart.node is not None and self.chart() is None:
            self._chart.remove()

    # ---- what the worker tells -----------------------------------------------------------------------------

    def _onFollowed(self, _job: Any) -> None:
        self._under = RequestAtWork()

    def _onResults(self) -> None:
        self._chooseRun()
        self.changed.emit()

    def _onEvent(self, event: dict[str, Any]) -> None:
        (self.plan if self.plan.asking else self._under).listen(event)

    def _onJobs(self) -> None:
        before, self._state = self._state, (self.running, self.plan.asking, self._jobs.busy)
        if self.running and self._project is not None and self._under.name and self._followed != self._jobs.job.id:
            self._followed = self._jobs.job.id
            self.plan.forget()
            self._open(self._under.name)
        if self.running or before[0]:
            self._look()
        if self.running or self._state != before:
            self.changed.emit()

    def _update(self) -> bool:
        if self.view is not None and self._isUnderWay:
            self.view.ended.update(self._under.ended)
        return self.view is not None and self.view.update()

    def _look(self) -> None:
        """Read what the worker has written since the last look."""
        before = self._taken
        try:
            fresh = self._update()
        except MedOptError as error:
            fresh, self.problem = True, str(error)
        if fresh:
            self.selected = self.selected if self._taken == before else ""
            self._chooseTaken()
            self._redraw()

    # ---- what it shows -------------------------------------------------------------------------------------

    def planCells(self) -> list[list[str]]:
        """The plan that was told last, or that of the request that is shown, with how far each branch is."""
        if self.plan.rows or self.view is None:
            return self.plan.rows
        return self.view.planCells(running=self._isUnderWay)

    @property
    def text(self) -> str:
        """How far the request is, and what it found."""
        if self.problem:
            return f"⚠ {self.problem}"
        return INTRODUCTION if self.view is None else self.view.text(running=self._isUnderWay)

    @property
    def modelText(self) -> str:
        """All that was measured of the chosen model."""
        return "" if self.view is None else self.view.told(self.selected)

    def buttons(self) -> dict[str, ButtonState]:
        """States of the section's buttons."""
        noProject = "" if self._project is not None else _("Open or create a project first.")
        noRun = noProject or ("" if self.wishes.run else _("Train a run to its end first (module MedOpt Train)."))
        noJob = noRun or self._validator.busy() or self.wishes.branches.problem
        noView = "" if self.view is not None else _("There is no compression yet.")
        noFront = noView or ("" if self.view and self.view.models else _("There is no measured model to show yet."))
        finished = self.view is not None and self.view.front is not None
        start = ButtonState(
            noJob or ("" if self.plan.isFor(self.wishes) else _("See the plan for these fields first.")),
            _("Make and measure the models of the plan in a worker process; it can be stopped and resumed."),
            text=_("Compress"),
        )
        stop = ButtonState("", _("End the step at work and stop; Resume goes on from there."), text=_("Stop"))
        goOn = _("Go on with the request that is shown, exactly as it was asked for.")
        again = _("Measure in {engine} and choose within the present limits; nothing is trained.")
        return {
            "compressPlanButton": ButtonState(noJob, _("Tell what would be done and how long it takes.")),
            "compressButton": stop if self.running else start,
            "resumeCompressButton": ButtonState(
                noView or self._validator.busy(),
                again.format(engine=self.wishes.engine) if finished else goOn,
                text=_("Choose again") if finished else _("Resume"),
            ),
            "showFrontButton": ButtonState(noFront, _("Show the front in the present view layout, or go back.")),
            **self.report.buttons(noFront),
        }
