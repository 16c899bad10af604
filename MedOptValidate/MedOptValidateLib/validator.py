"""Runs, results and cases: what the What, Results and Report sections do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptValidateLib.fit_text import checklistText, externalText, fitText, subgroupCells
from MedOptValidateLib.measured_models import SUBSETS, MeasuredModel, measuredModels, subsetNames
from MedOptValidateLib.result_plots import TRAINING, TRAINING_PLOT, resultPlots
from MedOptValidateLib.result_scene import ResultScene
from MedOptValidateLib.result_tables import (
    CASE_HEADERS,
    CaseLine,
    TextLine,
    caseLegend,
    caseLines,
    headline,
    summaryCells,
)

KEEPING = ("export", "report", "compress", "prune", "distill")
"""Commands after which there may be other runs, models or reports, but the results that are shown stay."""
CHANGING = ("train", "crossval", "validate", "external", "demo", *KEEPING)
SUFFIXES = {"segmentation": ".seg.nrrd", "classification": ".class.json", "detection": ".mrk.json"}
"""Task -> how the files of its predictions end."""


class Validator(Presenter):
    """Shows the results of one run on one subset.

    Parameters
    ----------
    jobs : the worker line
    scene : where cases, tables and plots appear
    missingPackages : names of what the worker lacks; empty when it can validate
    """

    def __init__(self, jobs: JobLine, scene: ResultScene, missingPackages: Any = list) -> None:
        super().__init__()
        self._jobs, self._scene, self._missingPackages = jobs, scene, missingPackages
        self._project: Any = None
        self._models: dict[str, MeasuredModel] = {}
        self.run: str | None = None
        self.subset = SUBSETS[0]
        self.results: Any = None
        self.lines: list[CaseLine] | list[TextLine] = []
        self.current: int | None = None
        jobs.finished.connect(self._onFinished)

    # ---- run and subset ------------------------------------------------------------------------------------

    def setProject(self, project: Any) -> None:
        """Show the newest run of ``project``."""
        self._project = project
        self.run = None
        self.reload()

    def reload(self) -> None:
        """Read the list of runs and the results again."""
        models = [] if self._project is None else measuredModels(Path(self._project.folder))
        self._models = {model.key: model for model in models}
        if self.run not in self._models:
            self.run = next(iter(self._models), None)
        self._chooseSubset(self.subset)
        self._readResults()

    def choose(self, run: str | None, subset: str) -> None:
        """Another run or subset."""
        self.run = run
        self._chooseSubset(subset)
        self._readResults()

    @property
    def runs(self) -> list[tuple[str, str]]:
        """(key, text) of everything that can be looked at."""
        return [(model.key, model.text) for model in self._models.values()]

    def entry(self, key: str) -> MeasuredModel | None:
        """One of everything that can be looked at, by its key."""
        return self._models.get(key)

    def subsets(self) -> list[tuple[str, str]]:
        """(name, text) of the parts of which the chosen run has or can have results."""
        names = subsetNames(self._project)
        return [(name, names[name]) for name in self._allowed()]

    def _allowed(self) -> tuple[str, ...]:
        return SUBSETS if self.run is None else self._chosen.subsets

    def _chooseSubset(self, subset: str) -> None:
        allowed = self._allowed()
        self.subset = subset if subset in allowed else allowed[0]

    def _readResults(self) -> None:
        from_file = None if self.run is None else self._runFolder() / f"metrics-{self.subset}.json"
        self.results, self.lines, self.current = None, [], None
        try:
            if from_file is not None and from_file.is_file():
                from medopt.validation import load_results

                self.results = load_results(from_file)
                self.lines = caseLines(self.results)
                self._scene.tableOfCases(self.results)
        finally:
            self.changed.emit()

    @property
    def _chosen(self) -> MeasuredModel:
        return self._models[str(self.run)]

    def _runFolder(self) -> Path:
        return self._chosen.folder

    # ---- cases ---------------------------------------------------------------------------------------------

    def showLine(self, index: int) -> None:
        """Show the case of a row: reference and prediction side by side."""
        line = self.lines[index]
        file = self._runFolder() / "predictions" / self.subset / f"{line.case}{SUFFIXES[self.results.task]}"
        self.current = index
        scored = next((one for one in self.results.cases if one.case == line.case), None)
        self._scene.showCase(self._project, line.case, file, scored if self.results.task == "detection" else None)
        self.changed.emit()

    def select(self, index: int | None) -> None:
        """A row was selected: show its case, unless it stands there already."""
        if index is None or not 0 <= index < len(self.lines):
            return
        shown = None if self.current is None else self.lines[self.current].case
        if self.lines[index].case == shown:
            self.current = index
            self.changed.emit()
        else:
            self.showLine(index)

    def selectPoints(self, labels: list[str]) -> None:
        """Points of a plot were selected: show the case of the first that has one; other points carry other labels."""
        rows = [place for label in labels for place, line in enumerate(self.lines) if line.case == label]
        self.select(rows[0] if rows else None)

    def nextWorst(self) -> None:
        """The next case down the table, from the top again at the end."""
        shown = None if self.current is None else self.lines[self.current].case
        start = -1 if self.current is None else self.current
        order = [(start + step) % len(self.lines) for step in range(1, len(self.lines) + 1)]
        target = next((i for i in order if self.lines[i].case != shown), order[-1] if order else None)
        if target is not None:
            self.showLine(target)

    def tableNode(self) -> Any:
        """The table node of the scores, made afresh where the scene has lost it."""
        return self._scene.tableOfCases(self.results)

    # ---- plots ---------------------------------------------------------------------------------------------

    def plots(self) -> list[tuple[str, str]]:
        """(name, title) of the plots on offer."""
        hasCourse = self.run is not None and self._chosen.source is None
        return [*resultPlots(self.results), *([TRAINING] if hasCourse else [])]

    def plotNode(self, plot: str) -> Any:
        """The plot chart node of one of `plots`, drawn for the present run."""
        if plot == TRAINING_PLOT:
            from medopt.events import read_events

            events, _offset = read_events(self._runFolder() / "events.jsonl")
            return self._scene.plotOfTraining(events, str(self.run))
        colors = {item.name: item.color for item in self._project.settings.classes}
        return self._scene.plotOfCases(self.results, plot, colors)

    # ---- work for the worker -------------------------------------------------------------------------------

    def validate(self) -> None:
        """Measure the run, or the exported model, on the subset."""
        self._jobs.start(["validate", str(self._project.folder), *self._chosen.words, "--subset", self.subset])

    def measureElsewhere(self, folder: str, pairs: str = "") -> None:
        """Measure the run or model on the project in ``folder``; ``pairs`` are classes: "model=project, model=project".

        The results lie in that project: open it to see its cases.
        """
        words = [word for pair in pairs.split(",") if pair.strip() for word in ("--class", pair.strip())]
        self._jobs.start(["external", folder, str(self._chosen.source or self._runFolder()), *words])

    def export(self) -> None:
        """Export the run as an ONNX model."""
        self._jobs.start(["export", str(self._project.folder), "--run", str(self.run)])

    def report(self) -> None:
        """Make the report of the run, of the exported model, or of a model of another project."""
        of = [*self._chosen.words, "--subset", self.subset]
        if self.subset == "external":
            of = ["--external", self._runFolder().name]
        self._jobs.start(["report", str(self._project.folder), *of])

    def reportFile(self) -> Path | None:
        """The report of the run on the subset, None when there is none."""
        path = self._reportPath()
        return path if path is not None and path.is_file() else None

    def _reportPath(self) -> Path | None:
        if self.run is None:
            return None
        return self._chosen.report or self._runFolder() / f"report-{self.subset}.html"

    def _onFinished(self, _job: Any, status: Any) -> None:
        if status.command in CHANGING:
            kept = self.current
            self.reload()
            if kept is not None and kept < len(self.lines) and status.command in KEEPING:
                self.current = kept
                self.changed.emit()

    # ---- what it shows -------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The headline of the results, or what is still to be done."""
        if self.run is None:
            return _("No run yet: train one first.")
        if self.results is None:
            return _("{run} has not been measured on {subset} yet.").format(run=self.run, subset=self.subset)
        return headline(self.results)

    @property
    def fitText(self) -> str:
        """Training, validation and test side by side with the verdict; of another project's model the drop."""
        if self.run is None:
            return ""
        return externalText(self._runFolder()) if self.subset == "external" else fitText(self._runFolder())

    @property
    def checklistText(self) -> str:
        """What of the checklists the report could answer."""
        path = self._reportPath()
        return "" if path is None else checklistText(path.with_suffix(""))

    @property
    def caseText(self) -> str:
        """What stands in the slice views."""
        if self.current is None:
            return ""
        return caseLegend(self.results.task, self.lines[self.current].case)

    def summary(self) -> list[list[str]]:
        """Rows of the summary table."""
        if self.results is None:
            return []
        return [*summaryCells(self.results), *subgroupCells(self._runFolder(), self.subset)]

    def caseHeader(self) -> tuple[str, ...]:
        """Heads of the table of cases."""
        return CASE_HEADERS["segmentation" if self.results is None else self.results.task]

    def noRun(self) -> str:
        """What is missing before a run can be used; empty when one is chosen."""
        noProject = "" if self._project is not None else _("Open or create a project first.")
        return noProject or ("" if self.run is not None else _("Train a run first (module MedOpt Train)."))

    def busy(self) -> str:
        """Why no job can be started now; empty when one can."""
        missing = self._missingPackages()
        if missing:
            return _("Install the missing packages first: {names}").format(names=", ".join(missing))
        return _("Wait for the end of the job under way.") if self._jobs.busy else ""

    def notOwn(self) -> str:
        """Why what is chosen is no run that can be worked on; empty when it is one, or nothing is chosen."""
        return "" if self.run is None or self._chosen.isRun else _("Choose a run of this project.")

    def buttons(self) -> dict[str, ButtonState]:
        """How the buttons look."""
        noRun = self.noRun()
        noResults = noRun or ("" if self.results is not None else _("Validate the run first."))
        noJob = noRun or self.busy()
        notOwn = self.notOwn()
        fixed = notOwn if self.run is not None and not self._chosen.words else ""
        notHere = "" if self.subset != "out-of-fold" else _("The report was made with the cross-validation.")
        noReport = noRun or ("" if self.reportFile() is not None else _("Make the report first."))
        measured = self.results is not None
        return {
            "validateButton": ButtonState(
                noJob or fixed, _("Measure the run on these cases, in a worker process."), next=not measured
            ),
            "nextWorstButton": ButtonState(noResults, _("Show the next case down the table. Key: N"), next=measured),
            "showTableButton": ButtonState(noResults, _("Show the scores in the present view layout, or go back.")),
            "showPlotButton": ButtonState(noRun, _("Show the plot in the present view layout, or go back.")),
            "externalButton": ButtonState(
                noJob or fixed, _("Choose the folder of another project and measure the run on its cases.")
            ),
            "exportButton": ButtonState(
                noJob or notOwn, _("Write an ONNX model and prove that it gives what the run gives.")
            ),
            "reportButton": ButtonState(
                noResults or notHere or noJob, _("Write one HTML file that tells the whole run.")
            ),
            "openReportButton": ButtonState(noReport, _("Open the report in the web browser.")),
        }
