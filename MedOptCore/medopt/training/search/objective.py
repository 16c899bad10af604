"""Training as what a search tries: on training cases, judged on validation cases, the test part out of reach."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence
from medopt.project import Project, Split, load_split
from medopt.project.folds import make_folds
from medopt.training.loop import StopRequest
from medopt.training.recipe import Recipe
from medopt.training.run import RunRecord
from medopt.training.search.run import Report
from medopt.training.search.search import Search
from medopt.training.search.space import apply_values
from medopt.training.search.trial import Trial
from medopt.training.train import train


def validation_splits(project: Project, folds: int = 1) -> tuple[Split, ...]:
    """Divisions on which trials are trained and judged; none of them has a test part, so nothing can read it.

    One is the project's own training and validation part. With more folds, training and validation subjects together
    are divided anew, and each fold's held-out part becomes the validation part of one division. Raises MedOptError
    when the project has no split, and when a case of its test part would be among them.
    """
    own = load_split(project)
    if folds == 1:
        parts = [(own.train, own.validation, own.subjects["train"], own.subjects["validation"])]
    else:
        parts = []
        for fold in make_folds(project, folds).folds:
            split = fold.split
            learning = tuple(sorted({*split.subjects["train"], *split.subjects["validation"]}))
            cases = tuple(sorted({*split.train, *split.validation}))
            parts.append((cases, split.test, learning, split.subjects["test"]))
    splits = tuple(
        Split(train, judged, (), {"train": learning, "validation": judging, "test": ()}, own.seed)
        for train, judged, learning, judging in parts
    )
    for split in splits:
        leaked = {*split.train, *split.validation} & set(own.test)
        if leaked:
            raise MedOptError("a search must not see the test part", where=sorted(leaked)[0])
        if not split.validation:
            raise MedOptError("there is nothing to judge trials by", expected="cases in the validation part")
    return splits


class TrainingObjective:
    """Trains a trial's recipe for its share of the time; the score is the best on the validation cases.

    Parameters
    ----------
    project, search, recipe : the recipe holds what the search leaves alone, and the full steps or minutes
    splits : of ``validation_splits``; with several, a trial's score is their mean
    reporter : is told the progress of the trial at work, and warnings
    stop : ends the trial at work, which is gone on with when the search is resumed
    """

    def __init__(
        self,
        project: Project,
        search: Search,
        recipe: Recipe,
        splits: Sequence[Split],
        *,
        reporter: Reporter | None = None,
        stop: StopRequest | None = None,
    ) -> None:
        self._project, self._search, self._recipe, self._splits = project, search, recipe, tuple(splits)
        self._reporter, self._stop = reporter or Silence(), stop

    def __call__(self, trial: Trial, report: Report) -> float | None:
        """The score; None when the trial ended before its time. A GPU out of memory is a MedOptError."""
        recipe = apply_values(self._recipe, trial.values, trial.share)
        folder = self._search.run_folder(trial)
        scores: list[float] = []
        for place, split in enumerate(self._splits):
            part = folder / f"fold{place + 1}" if len(self._splits) > 1 else folder
            watcher = _Watcher(trial.name, recipe, report, scores, len(self._splits), self._reporter, self._stop)
            try:
                self._train(recipe, split, part, watcher)
            except torch.OutOfMemoryError as error:
                raise MedOptError("the device has too little memory for these values", where=trial.name) from error
            record = RunRecord.load(part)
            if record.state != "done":
                return None
            scores.append(best_score(record, trial.name))
        return sum(scores) / len(scores)

    def clean(self, trial: Trial) -> None:
        """Delete the checkpoints of a trial that has ended; its recipe, record and curves stay."""
        for checkpoints in self._search.run_folder(trial).glob("**/checkpoints"):
            shutil.rmtree(checkpoints, ignore_errors=True)

    def _train(self, recipe: Recipe, split: Split, folder: Path, watcher: _Watcher) -> None:
        run = str(folder.relative_to(self._project.runs_folder.resolve()))
        train(self._project, recipe, run=run, split=split, reporter=watcher, stop=watcher)


def best_score(record: RunRecord, where: str) -> float:
    """The best validation score of a finished run; MedOptError when no class could be judged."""
    found = [value for name, value in (record.best or {}).items() if name.startswith("validation_") and value >= 0]
    if not found:
        raise MedOptError(
            "the validation cases gave no score", where=where, expected="a class that occurs in the validation part"
        )
    return float(found[0])


class _Watcher:
    """Listens to a training, reports its looks, and asks it to stop when the trial is hopeless or the user wants it."""

    def __init__(
        self,
        name: str,
        recipe: Recipe,
        report: Report,
        before: Sequence[float],
        parts: int,
        reporter: Reporter,
        stop: StopRequest | None,
    ) -> None:
        self._name, self._settings, self._report, self._before = name, recipe.training, report, before
        self._parts, self._reporter, self._stop = parts, reporter, stop
        self._hopeless, self._best = False, float("-inf")

    def requested(self) -> bool:
        """Whether the training is to end."""
        return self._hopeless or (self._stop is not None and self._stop.requested())

    def emit(self, kind: str, **fields: Any) -> None:
        """Take an event of the training."""
        if kind == "metric":
            self._look(fields)
        elif kind == "progress" and fields.get("stage") == "train":
            self._reporter.emit("progress", **{**fields, "stage": self._name})
        elif kind == "message" and fields.get("level") != "info":
            self._reporter.emit("message", **{**fields, "text": f"{self._name}: {fields.get('text')}"})

    def _look(self, fields: dict[str, Any]) -> None:
        metric = fields.get("validation_metric")
        score = fields.get(f"validation_{metric}") if metric else None
        if score is None:
            return
        self._best = max(self._best, float(score))
        if self._settings.steps is not None:
            share = fields["step"] / self._settings.steps
        else:
            share = fields["minutes"] / (self._settings.minutes or 1.0)
        known = [*self._before, self._best]
        whole = (len(self._before) + min(1.0, share)) / self._parts
        self._hopeless = not self._report(whole, sum(known) / len(known)) or self._hopeless
