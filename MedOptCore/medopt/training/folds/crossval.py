"""A cross-validation in the runs of a project: its folds, its recipe, and a run for each fold that can be resumed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.events import Reporter
from medopt.files import inside, read_json, write_json
from medopt.project import Project
from medopt.project.folds import Fold, Folds, load_folds
from medopt.project.names import is_safe_name
from medopt.training.folds.nested import NESTED, check_nested, search_fold
from medopt.training.loop import StopRequest
from medopt.training.recipe import Recipe
from medopt.training.run import RunRecord, now
from medopt.training.search import SearchSettings
from medopt.training.train import train

FORMAT = 1
RECORD = "crossval.json"
RECIPE = "recipe.yaml"
POOLED = "pooled"
"""Folder of the pooled results, laid out like a run so that reports read it."""
SUBSET = "out-of-fold"
"""What the pooled cases are called."""


@dataclass(frozen=True)
class CrossValidation:
    """A cross-validation, ``runs/NAME``.

    Parameters
    ----------
    folder : its folder; the runs of the folds lie in it
    folds : who is held out when
    recipe : the same for each fold, or where the search of each fold begins
    started : when it was begun, ISO 8601 in UTC
    search : what each fold searches on its own subjects (nested); None when all folds train by the recipe
    """

    folder: Path
    folds: Folds
    recipe: Recipe
    started: str
    search: SearchSettings | None = None

    @property
    def name(self) -> str:
        """Of the cross-validation."""
        return self.folder.name

    def fold(self, place: int) -> Fold:
        """The fold at ``place``, counted from 1 through all repeats; MedOptError when there is none."""
        if not 1 <= place <= len(self.folds.folds):
            raise MedOptError(
                "there is no such fold", where=self.name, expected=f"1 to {len(self.folds.folds)}", found=str(place)
            )
        return self.folds.folds[place - 1]

    def run_name(self, place: int) -> str:
        """The fold's run: NAME-fold1, or NAME-repeat2-fold1 when folds are drawn more than once."""
        fold = self.fold(place)
        repeat = f"repeat{fold.repeat}-" if self.folds.repeats > 1 else ""
        return f"{self.name}-{repeat}fold{fold.number}"

    def run_folder(self, place: int) -> Path:
        """The folder of the fold's run."""
        return self.folder / self.run_name(place)

    def search_folder(self, place: int) -> Path:
        """The folder of the fold's own search."""
        return self.folder / f"{self.run_name(place)}-search"

    @property
    def pooled(self) -> Path:
        """Folder of the pooled results."""
        return self.folder / POOLED

    @property
    def places(self) -> range:
        """The places of all folds, from 1."""
        return range(1, len(self.folds.folds) + 1)

    def trained(self, place: int) -> bool:
        """Whether the fold's training is finished."""
        folder = self.run_folder(place)
        return (folder / "run.json").is_file() and RunRecord.load(folder).state == "done"


def start_crossval(
    project: Project, folds: Folds, recipe: Recipe, *, name: str | None = None, search: SearchSettings | None = None
) -> CrossValidation:
    """Begin a cross-validation, or find the one that is there.

    Without a name it is the newest of the same folds, recipe and search, finished or not, so that repeating a command
    goes on where it was; else a new one, ``cv-001`` and so on. With ``search`` each fold searches its own
    hyper-parameters (nested). Raises MedOptError when the named one has other folds, another recipe or another search,
    when the search does not fit the recipe, or the name is that of a run.
    """
    if search is not None:
        check_nested(recipe, search)
    if name is None:
        for found in reversed(list_crossvals(project)):
            same = (found / RECIPE).is_file() and Recipe.load(found / RECIPE) == recipe and _hash(found) == folds.hash
            if same and _search(found) == search:
                return open_crossval(project, found.name)
        name = _free_name(project)
    if not is_safe_name(name):
        raise MedOptError("not a name", expected="letters, digits, - and _, at most 64", found=name)
    folder = inside(project.runs_folder, name)
    if (folder / "run.json").is_file():
        raise MedOptError("a run has this name", where=name, remedy="Give the cross-validation another name")
    if (folder / RECORD).is_file():
        there = open_crossval(project, name)
        differs = "folds" if there.folds.hash != folds.hash else "recipe" if there.recipe != recipe else None
        differs = differs or ("search" if there.search != search else None)
        if differs:
            raise MedOptError(
                f"the cross-validation {name} was begun with {'other' if differs == 'folds' else 'another'} {differs}",
                where=project.folder,
                remedy="Repeat the command as it was, or give the new one another name",
            )
        return there
    folder.mkdir(parents=True, exist_ok=True)
    recipe.save(folder / RECIPE)
    if search is not None:
        search.save(folder / NESTED)
    arguments = {"k": folds.k, "repeats": folds.repeats, "seed": folds.seed, "everything": folds.everything}
    values = {"format": FORMAT, "name": name, "folds": folds.hash, "started": now(), "recipe": recipe.digest()}
    write_json(folder / RECORD, {**values, **arguments})
    return open_crossval(project, name)


def open_crossval(project: Project, name: str) -> CrossValidation:
    """The cross-validation of that name; MedOptError when there is none or its folds do not hold any more."""
    folder = inside(project.runs_folder, name)
    if not (folder / RECORD).is_file():
        known = ", ".join(path.name for path in list_crossvals(project)) or "none yet"
        raise MedOptError(
            "there is no such cross-validation", where=project.folder, expected=f"one of: {known}", found=name
        )
    values: Any = read_json(folder / RECORD)
    if not isinstance(values, dict) or values.get("format", FORMAT) > FORMAT or "folds" not in values:
        raise MedOptError(
            "the record of the cross-validation is damaged or of a newer MedOpt",
            where=folder / RECORD,
            expected=f"format {FORMAT}",
        )
    folds = load_folds(project, str(values["folds"]))
    return CrossValidation(folder, folds, Recipe.load(folder / RECIPE), str(values.get("started", "")), _search(folder))


def list_crossvals(project: Project) -> list[Path]:
    """Folders of the project's cross-validations, oldest first."""
    found = [path.parent for path in project.runs_folder.glob(f"*/{RECORD}")]
    return sorted(found, key=lambda folder: (str(read_json(folder / RECORD).get("started", "")), folder.name))


def train_fold(
    project: Project,
    crossval: CrossValidation,
    place: int,
    *,
    reporter: Reporter | None = None,
    stop: StopRequest | None = None,
) -> bool:
    """Train the model of the fold at ``place``, or go on with it; whether it is finished now.

    It learns from the fold's training part and chooses its checkpoint by the fold's validation part, and so does the
    search of a nested cross-validation before it; the held-out part is not read.
    """
    run = f"{crossval.name}/{crossval.run_name(place)}"
    if not crossval.trained(place):
        recipe: Recipe | None = crossval.recipe
        if crossval.search is not None:
            recipe = search_fold(project, crossval, place, reporter=reporter, stop=stop)
        if recipe is None:
            return False
        train(project, recipe, run=run, split=crossval.fold(place).split, reporter=reporter, stop=stop)
    return crossval.trained(place)


def _search(folder: Path) -> SearchSettings | None:
    return SearchSettings.load(folder / NESTED) if (folder / NESTED).is_file() else None


def _hash(folder: Path) -> str:
    return str(read_json(folder / RECORD).get("folds"))


def _free_name(project: Project) -> str:
    taken = [int(path.name[3:]) for path in project.runs_folder.glob("cv-*") if path.name[3:].isdigit()]
    return f"cv-{1 + max(taken, default=0):03d}"
