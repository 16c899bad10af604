"""Cross-validation: what a number of folds means, the training of the folds as a job, the pooled result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptCoreLib.texts import duration
from MedOptTrainLib.recipe_form import RecipeForm
from MedOptTrainLib.trainer import Trainer

RECORD, POOLED = "crossval.json", "pooled/metrics-out-of-fold.json"
USUAL = (3, 5, 10)


@dataclass(frozen=True)
class FoldsRow:
    """A cross-validation of the project: its name, folds trained and in all, and the pooled result as text."""

    name: str
    trained: int
    folds: int
    result: str
    folder: Path

    def cells(self) -> list[str]:
        """What the table shows."""
        return [self.name, _("{n} of {all}").format(n=self.trained, all=self.folds), self.result or "–"]


class FoldsSection(Presenter):
    """Parameters
    ----------
    recipe : that each fold trains by
    trainer : knows whether the worker can train
    jobs : the worker line
    """

    def __init__(self, recipe: RecipeForm, trainer: Trainer, jobs: Any) -> None:
        super().__init__()
        self._recipe, self._trainer, self._jobs = recipe, trainer, jobs
        self._project: Any = None
        self._known: tuple[int, float, str] | None = None
        self.k, self.repeats = 5, 1
        self.trials: int | None = None
        self.rows: list[FoldsRow] = []
        self.selected: str | None = None
        jobs.finished.connect(self._onFinished)

    def setProject(self, project: Any) -> None:
        """Show the cross-validations of ``project``."""
        self._project, self._known, self.selected = project, None, None
        self.reload()

    def reload(self) -> None:
        """Read the cross-validations again; subjects may have come, and results."""
        self._known = None
        self.rows = [] if self._project is None else readFolds(Path(self._project.runs_folder))
        if self.selected not in {row.name for row in self.rows}:
            self.selected = None
        self.changed.emit()

    def _onFinished(self, _job: Any, _status: Any) -> None:
        self.reload()

    def setK(self, k: int) -> None:
        """Choose another number of folds."""
        if k != self.k:
            self.k = k
            self.changed.emit()

    def setRepeats(self, repeats: int) -> None:
        """Choose how often the subjects are divided anew."""
        if repeats != self.repeats:
            self.repeats = repeats
            self.changed.emit()

    def setTrials(self, trials: int | None) -> None:
        """Search so many trials within each fold; None for no search."""
        if trials != self.trials:
            self.trials = trials
            self.changed.emit()

    def select(self, name: str | None) -> None:
        """Select a cross-validation, to go on with it."""
        if name != self.selected:
            self.selected = name
            self.changed.emit()

    # ---- what a choice means -------------------------------------------------------------------------------

    def plan(self, minutes: float) -> list[list[str]]:
        """A row a number of folds, the chosen one marked: k (and how often), what each model learns from, the expected
        95 % interval of the pooled mean and of one fold, the training time with the searches; empty when no number is
        possible.
        """
        if self._project is None:
            return []
        from medopt.training.folds.plan import plan_folds

        subjects, spread, _whose = self._facts()
        try:
            plans = plan_folds(
                subjects,
                (*USUAL, self.k),
                repeats=self.repeats,
                spread=spread,
                minutes=self._minutes(minutes),
            )
        except MedOptError:
            return []
        return [
            [
                ("▸ " if plan.k == self.k else "") + str(plan.k) + (f" × {plan.repeats}" if plan.repeats > 1 else ""),
                _("{n:.0f} subjects ({share:.0%})").format(n=plan.training_subjects, share=plan.training_share),
                _half(plan.half_width),
                _half(plan.fold_half_width),
                "–" if plan.minutes is None else duration(plan.minutes * 60),
            ]
            for plan in plans
        ]

    @property
    def text(self) -> str:
        """What the plan rests on."""
        if self._project is None:
            return ""
        subjects, spread, whose = self._facts()
        advice = self._recipe.advice
        reason = None if advice is None else advice.reason("folds")
        proposed = "" if reason is None else _("Proposed: {k}. {why} ").format(k=reason.value, why=reason.why)
        told = _("as {model} showed").format(model=whose) if whose else _("assumed, as nothing was measured yet")
        plan = _(
            "{n} subjects take part; those of the test part stay sealed. Intervals for a standard deviation of {s:.3f} "
            "between subjects ({told}). The pooled mean rests on every subject, whatever the number of folds is."
        ).format(n=subjects, s=spread, told=told)
        return proposed + plan + self._told()

    def _told(self) -> str:
        """What repeats and searches cost."""
        told = ""
        if self.repeats > 1:
            told += _(
                " Dividing {n} times steadies the result against the luck of one division; it rests on no more "
                "subjects, so the interval stays as wide."
            ).format(n=self.repeats)
        if self.trials is not None:
            told += _(
                " The search of each fold takes as long as {n:.1f} trainings when no trial is ended early."
            ).format(n=self._searching)
        return told

    @property
    def _searching(self) -> float:
        """Full trainings that the search of a fold takes."""
        from medopt.training.search.rounds import default_amount

        return 0.0 if self.trials is None else default_amount(self.trials)

    def _facts(self) -> tuple[int, float, str]:
        """(subjects, standard deviation between them, whose results showed it)."""
        from medopt.project.folds import count_subjects
        from medopt.training.folds.plan import ASSUMED_SPREAD
        from medopt.validation.spread import measured_spread

        if self._known is None:
            self._known = (count_subjects(self._project), *(measured_spread(self._project) or (ASSUMED_SPREAD, "")))
        return self._known

    def _minutes(self, minutes: float) -> float | None:
        each = minutes if self._recipe.values is None else self._recipe.minutes
        return None if each is None else each * (1 + self._searching)

    # ---- what it does --------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether a cross-validation is under way, whoever started it."""
        return bool(self._jobs.busy and self._jobs.status.command == "crossval")

    def startOrStop(self, minutes: float) -> None:
        """One button: train all folds, or stop, which saves a checkpoint."""
        if self.running:
            self._jobs.cancel()
            return
        recipe = self._recipe.fileForRun("crossval")
        given = ["--minutes", str(minutes)] if recipe is None else ["--recipe", str(recipe)]
        times = ["--repeats", str(self.repeats)] if self.repeats > 1 else []
        nested = [] if self.trials is None else ["--nested", "--trials", str(self.trials)]
        self._jobs.start(["crossval", str(self._project.folder), "--folds", str(self.k), *times, *nested, *given])

    def resume(self) -> None:
        """Go on with the selected cross-validation, by its own folds and recipe."""
        from medopt.files import read_json

        row = next((row for row in self.rows if row.name == self.selected), None)
        if row is None:
            return
        record = read_json(row.folder / RECORD)
        words = ["crossval", str(self._project.folder), "--name", row.name, "--folds", str(record.get("k", row.folds))]
        words += ["--repeats", str(record.get("repeats", 1)), "--seed", str(record.get("seed", 1))]
        words += ["--all"] if record.get("everything") else []
        self._jobs.start([*words, "--recipe", str(row.folder / "recipe.yaml")])

    def buttons(self) -> dict[str, ButtonState]:
        """States of the section's buttons."""
        missing = self._trainer.missingToTrain or self._recipe.incomplete or self._trainer.otherJob
        subjects = self._facts()[0] if self._project is not None and not missing else 0
        few = _("There are {n} subjects; take fewer folds.").format(n=subjects)
        missing = missing or (few if self.k > subjects else "")
        start = ButtonState(missing, _("Train each fold, measure it, and pool the results."), text=_("Cross-validate"))
        stop = ButtonState("", _("Save a checkpoint and end; Resume goes on from there."), text=_("Stop"))
        row = next((row for row in self.rows if row.name == self.selected), None)
        noRow = "" if row is not None else _("Select a cross-validation in the table first.")
        done = _("The selected cross-validation is finished.") if row is not None and row.result else ""
        none = noRow or done or self._trainer.missingToTrain or self._trainer.otherJob
        busy = _("Wait for the end of the job under way.") if self.running else ""
        report = noRow or ("" if row is not None and row.result else _("Its folds are not all trained yet."))
        return {
            "crossvalButton": stop if self.running else start,
            "resumeFoldsButton": ButtonState(none or busy, _("Go on with the folds that are not finished.")),
            "foldsReportButton": ButtonState(report, _("Open the report of the pooled results.")),
        }

    @property
    def report(self) -> Path | None:
        """The report of the selected cross-validation."""
        row = next((row for row in self.rows if row.name == self.selected), None)
        return None if row is None or not row.result else row.folder / "report.html"


def readFolds(runs: Path) -> list[FoldsRow]:
    """The cross-validations in a project's runs, the newest first; damaged ones are left out."""
    from medopt.files import read_json

    found = []
    for path in runs.glob(f"*/{RECORD}"):
        try:
            record = read_json(path)
        except MedOptError:
            continue
        if not isinstance(record, dict):
            continue
        count = int(record.get("k", 0)) * int(record.get("repeats", 1))
        trained = sum(1 for _one in path.parent.glob("*/metrics-held-out.json"))
        row = FoldsRow(path.parent.name, trained, count, _pooled(path.parent / POOLED), path.parent)
        found.append((str(record.get("started", "")), row))
    return [row for _started, row in sorted(found, key=lambda item: (item[0], item[1].name), reverse=True)]


def _pooled(file: Path) -> str:
    """Main metric of the pooled cases with its interval and n; empty while there is none."""
    from medopt.validation import MEAN, MEASURES, load_results

    if not file.is_file():
        return ""
    try:
        results = load_results(file)
        row = results.row(MEAN, results.main_metric)
    except MedOptError:
        return _("damaged")
    title = MEASURES[results.main_metric].title
    if row.estimate is None:
        return _("{title} not defined").format(title=title)
    interval = "" if row.low is None or row.high is None else f" [{row.low:.3f}, {row.high:.3f}]"
    return f"{title} {row.estimate:.3f}{interval}, n = {row.n_subjects}"


def _half(width: float | None) -> str:
    return "–" if width is None else f"± {width:.3f}"
