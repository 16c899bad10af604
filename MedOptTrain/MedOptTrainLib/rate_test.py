"""The learning-rate range test: started in the worker, plotted in the scene, its rate taken over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.chart_node import ChartNode
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptTrainLib.recipe_form import RecipeForm
from MedOptTrainLib.trainer import Trainer
from MedOptTrainLib.worker_answers import WorkerAnswers

FILE = "lr-range.json"


class RateTest(Presenter):
    """Parameters
    ----------
    recipe : whose learning rate is tested
    trainer : knows whether the worker can train
    answers : asks the worker
    scene : takes the chart
    """

    def __init__(self, recipe: RecipeForm, trainer: Trainer, answers: WorkerAnswers, scene: Any) -> None:
        super().__init__()
        self._recipe, self._trainer, self._answers = recipe, trainer, answers
        self._chart = ChartNode(scene, "learning rates")
        self._project: Any = None
        self.problem = ""
        self.found: dict[str, Any] | None = None
        self._used: Any = None
        recipe.changed.connect(self._onRecipe)

    def setProject(self, project: Any) -> None:
        """Another project: its last test is read."""
        self._project = project
        self.problem = ""
        self.found = None
        self._chart.remove()
        if project is not None and (Path(project.cache_folder) / FILE).is_file():
            self._read(Path(project.cache_folder) / FILE, "")

    def startOrStop(self) -> None:
        """One button: start a test, or end the one that is under way."""
        if self.testing:
            self._answers.jobs.cancel()
            return
        file = Path(self._project.cache_folder) / FILE
        recipe = self._recipe.fileForRun("lr-range")
        words = ["lr-range", str(self._project.folder), *([] if recipe is None else ["--recipe", str(recipe)])]
        self.problem = ""
        self._answers.ask([*words, "--output", str(file.with_suffix(".png"))], file, self._answered)
        self.changed.emit()

    @property
    def testing(self) -> bool:
        """Whether a test is under way, whoever started it."""
        jobs = self._answers.jobs
        return bool(jobs.busy and jobs.status.command == "lr-range")

    @property
    def suggestion(self) -> float | None:
        """The rate that the last test suggests; None without one."""
        value = (self.found or {}).get("suggestion")
        return float(value) if isinstance(value, (int, float)) else None

    def use(self) -> None:
        """Take the suggested rate over into the recipe."""
        training = (self._recipe.values or {}).get("training")
        if self.suggestion is not None and isinstance(training, dict):
            self._recipe.setPart("training", {**training, "learning_rate": self.suggestion})

    def chart(self) -> Any:
        """The plot chart node of loss against rate; None without a test."""
        from medopt.scene.plots import Chart, Series

        if self.found is None:
            return None
        rates, losses, smoothed = (self.found[name] for name in ("rates", "losses", "smoothed"))
        series = [
            Series(_("Loss of each step"), rates, losses, color="#b0b0b0"),
            Series(_("Moving average"), rates, smoothed, color="#0072b2"),
        ]
        ends = [min(smoothed), max(smoothed)]
        if self.suggestion is not None:
            name = _("Suggested: {rate:g}").format(rate=self.suggestion)
            series.append(Series(name, [self.suggestion] * 2, ends, color="#d55e00"))
        title = _("Learning-rate range test")
        return self._chart.show(Chart(title, _("Learning rate"), _("Loss"), tuple(series)), logarithmic=True)

    def _onRecipe(self) -> None:
        used = ((self._recipe.values or {}).get("training") or {}).get("learning_rate")
        if used != self._used:
            self._used = used
            self.changed.emit()

    def _answered(self, file: Path | None, why: str) -> None:
        self._read(file, why)
        if self.found is not None and self._chart.node is not None:
            self.chart()
        self.changed.emit()

    def _read(self, file: Path | None, why: str) -> None:
        from medopt.files import read_json

        self.problem = why
        if file is None:
            return
        try:
            value = read_json(file)
        except MedOptError as error:
            self.problem = str(error)
            return
        told = isinstance(value, dict) and all(value.get(name) for name in ("rates", "losses", "smoothed"))
        self.found = value if told else None

    # ---- what it shows -------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The result in a sentence."""
        if self.problem:
            return self.problem
        if self.found is None:
            return _(
                "The rate rises from step to step of a fresh network; where the loss falls fastest is a good rate."
            )
        if self.suggestion is None:
            return _("The loss never fell: look at the labels and at the preview of the preprocessing.")
        used = self._used
        told = _("Suggested learning rate: {rate:g}.").format(rate=self.suggestion)
        return told if used is None else _("{told} The recipe has {used:g}.").format(told=told, used=used)

    def buttons(self) -> dict[str, ButtonState]:
        """States of the section's buttons."""
        start = ButtonState(
            self._trainer.missingToTrain or self._trainer.otherJob,
            _("Train a fresh network for a minute while the learning rate rises; neither run nor model is made."),
            text=_("Test learning rates"),
        )
        stop = ButtonState("", _("End the test."), text=_("Stop the test"))
        none = "" if self.found is not None else _("Test learning rates first.")
        unused = none or ("" if self.suggestion is not None else _("The test suggests no rate."))
        unused = unused or ("" if self._recipe.values is not None else _("Propose or load a recipe first."))
        unused = unused or ("" if "training" in (self._recipe.values or {}) else self._recipe.incomplete)
        return {
            "rateTestButton": stop if self.testing else start,
            "showRatesButton": ButtonState(none, _("Show the curve in the present view layout, or go back.")),
            "useRateButton": ButtonState(unused, _("Take the suggested rate over into the recipe.")),
        }
