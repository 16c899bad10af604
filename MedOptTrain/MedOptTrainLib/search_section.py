"""Hyper-parameter search: start, stop, resume; trials as they come; its best recipe."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from MedOptCoreLib.chart_node import ChartNode
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptTrainLib.recipe_form import RecipeForm
from MedOptTrainLib.search_view import BEST, SETTINGS, SearchView
from MedOptTrainLib.trainer import Trainer

PICTURES = (
    ("history", _("Score of each trial")),
    ("importance", _("Importance of each field")),
    ("parallel", _("Parallel coordinates (picture)")),
)
"""What can be shown; the last is a picture that the worker writes at the end."""
PICTURE_FILE = "parallel-coordinates.png"


class SearchSection(Presenter):
    """Parameters
    ----------
    recipe : for all that is not searched; takes the best one
    trainer : knows whether the worker can train
    jobs : the worker line
    scene : takes the charts
    """

    def __init__(self, recipe: RecipeForm, trainer: Trainer, jobs: Any, scene: Any) -> None:
        super().__init__()
        self._recipe, self._trainer, self._jobs = recipe, trainer, jobs
        self._chart = ChartNode(scene, "search")
        self._project: Any = None
        self._wasRunning, self._followed = False, ""
        self.view: SearchView | None = None
        self.shown = ""
        jobs.changed.connect(self._onJobs)

    def setProject(self, project: Any) -> None:
        """Show the newest search of ``project``."""
        self._project, self.view = project, None
        self._chart.remove()
        found = self.names()
        self.select(found[0] if found else None)

    def names(self) -> list[str]:
        """The searches of the project, the newest first."""
        if self._project is None:
            return []
        found = [path.parent for path in Path(self._project.runs_folder).glob(f"*/{SETTINGS}")]
        return [f.name for f in sorted(found, key=lambda f: (f.stat().st_mtime, f.name), reverse=True)]

    @property
    def name(self) -> str:
        """The search that is shown; empty for none."""
        return "" if self.view is None else self.view.folder.name

    def select(self, name: str | None) -> None:
        """Show another search; MedOptError when it cannot be read."""
        self.view = None
        if name:
            self.view = SearchView(Path(self._project.runs_folder) / name)
            self.view.update()
        self._redraw()
        self.changed.emit()

    # ---- what it does --------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether a search is under way, whoever started it."""
        return bool(self._jobs.busy and self._jobs.status.command == "search")

    def startOrStop(self, trials: int, minutes: float) -> None:
        """One button: begin a new search of so many trials, each of at most so many minutes; or stop, to be resumed."""
        if self.running:
            self._jobs.cancel()
            return
        folder = Path(self._project.runs_folder)
        taken = [int(m[1]) for path in folder.glob("search-*") if (m := re.fullmatch(r"search-(\d+)", path.name))]
        name = f"search-{1 + max(taken, default=0):03d}"
        recipe = self._recipe.fileForRun(name)
        given = [] if recipe is None else ["--recipe", str(recipe)]
        words = ["search", str(self._project.folder), "--name", name, "--trials", str(trials)]
        self._jobs.start([*words, "--minutes", str(minutes), *given])

    def resume(self) -> None:
        """Go on with the search that is shown."""
        self._jobs.start(["search", str(self._project.folder), "--name", self.name])

    def use(self) -> None:
        """Take the best recipe over."""
        if self.view is not None:
            self._recipe.load(self.view.folder / BEST)

    def show(self, kind: str) -> Any:
        """Draw "history" or "importance"; the plot chart node, None while there is nothing to draw."""
        self.shown = kind
        chart = self._drawn()
        return None if chart is None else self._chart.show(chart)

    @property
    def picture(self) -> Path | None:
        """The picture of parallel coordinates, once the worker has written it."""
        file = None if self.view is None else self.view.folder / PICTURE_FILE
        return file if file is not None and file.is_file() else None

    def _drawn(self) -> Any:
        if self.view is None or not any(trial.score is not None for trial in self.view.trials):
            return None
        return self.view.importance() if self.shown == "importance" else self.view.history()

    def _redraw(self) -> None:
        """Bring a chart that is there up to date."""
        chart = self._drawn() if self.shown and self._chart.node is not None else None
        if chart is not None:
            self._chart.show(chart)

    def _onJobs(self) -> None:
        running, before = self.running, self._wasRunning
        self._wasRunning = running
        if running and self._project is not None and self._followed != self._jobs.job.id:
            self._follow()
        fresh = self.view.update() if self.view is not None and (running or before) else False
        if fresh:
            self._redraw()
        if fresh or running != before:
            self.changed.emit()

    def _follow(self) -> None:
        """Show the search under way; its first message names it, once its settings are written."""
        told = [str(event.get("text", "")) for event in self._jobs.job.events(0)[0] if event["kind"] == "message"]
        for name in self.names():
            if any(text.startswith(f"{name}: ") for text in told):
                self._followed = self._jobs.job.id
                self.select(name)
                return

    # ---- what it shows -------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """How far the search is, and what it found, in a line."""
        if self.view is None:
            return _(
                "Many short trainings, then longer ones within ranges that narrow around the best. They are judged on "
                "validation cases only."
            )
        view = self.view
        done = sum(trial.ended for trial in view.trials)
        parts = [_("{name}: {n} of {all} trials").format(name=self.name, n=done, all=view.settings.trials)]
        early = sum(trial.state == "pruned" for trial in view.trials)
        if early:
            parts.append(_("{n} ended early").format(n=early))
        failed = next((trial for trial in view.trials if trial.state == "failed"), None)
        if failed is not None:
            parts.append(_("{trial} failed: {why}").format(trial=failed.name, why=failed.error))
        if view.best is not None:
            parts.append(_("best {score:.4f} by trial {n}").format(score=view.best.score, n=view.best.number + 1))
        return " · ".join(parts)

    def buttons(self) -> dict[str, ButtonState]:
        """States of the section's buttons."""
        missing = self._trainer.missingToTrain or self._trainer.otherJob
        start = ButtonState(
            missing or self._recipe.incomplete,
            _("Search learning rate, augmentation and more around the recipe; the test part is never read."),
            text=_("Search"),
        )
        stop = ButtonState(
            "", _("Save the trial at work and end; Resume goes on from there."), text=_("Stop the search")
        )
        none = "" if self.view is not None else _("There is no search yet.")
        finished = _("The search is finished.") if self.view is not None and self.view.finished else ""
        busy = _("Wait for the end of the job under way.") if self.running else ""
        drawn = none or ("" if self._drawn() is not None else _("There is no score to show yet."))
        best = none or (
            ""
            if self.view is not None and (self.view.folder / BEST).is_file()
            else _("The best recipe is written when the search ends or is stopped.")
        )
        return {
            "searchButton": stop if self.running else start,
            "resumeSearchButton": ButtonState(
                none or finished or missing or busy, _("Go on with the search that is shown.")
            ),
            "showSearchButton": ButtonState(drawn, _("Show the picture, or go back.")),
            "useSearchButton": ButtonState(best, _("Take the best recipe over; Start training then trains it.")),
        }
