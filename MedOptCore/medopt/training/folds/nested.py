"""Nested cross-validation: each fold searches its own hyper-parameters on the subjects that it may see.

A search that saw the held-out subjects makes their result too good (Varma & Simon, BMC Bioinformatics 2006;7:91; Cawley
& Talbot, JMLR 2010;11:2079-2107). Here the search of a fold is judged on the fold's own validation part; the held-out
part is opened once, by the finished model. The price is a search for each fold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medopt.errors import MedOptError
from medopt.events import Reporter
from medopt.project import Project, Split
from medopt.project.folds import Fold
from medopt.training.loop import StopRequest
from medopt.training.recipe import Recipe
from medopt.training.search import (
    Search,
    SearchSettings,
    TrainingObjective,
    check_space,
    outcome_of,
    plan_rounds,
    run_search,
    training_amount,
)

if TYPE_CHECKING:
    from medopt.training.folds.crossval import CrossValidation

NESTED = "nested.yaml"
"""In the folder of a nested cross-validation: what each fold searches."""


def check_nested(recipe: Recipe, settings: SearchSettings) -> None:
    """Raise MedOptError when the search does not fit the recipe, or divides the subjects of a fold once more."""
    if settings.folds != 1:
        raise MedOptError(
            "a nested search is judged on the validation part of each fold",
            where="folds",
            expected="1",
            found=str(settings.folds),
        )
    check_space(recipe, settings)


def inner_split(fold: Fold) -> Split:
    """What the search of a fold may see: the training and the validation part, and nothing as test part."""
    own = fold.split
    subjects = {"train": own.subjects["train"], "validation": own.subjects["validation"], "test": ()}
    return Split(own.train, own.validation, (), subjects, own.seed)


def search_fold(
    project: Project,
    crossval: CrossValidation,
    place: int,
    *,
    reporter: Reporter | None = None,
    stop: StopRequest | None = None,
) -> Recipe | None:
    """The recipe that the search of a fold finds; it begins the search, goes on with it, or reads what it found.

    None when it was stopped. Raises MedOptError when no trial could finish.
    """
    if crossval.search is None:
        raise MedOptError("the cross-validation is not nested", where=crossval.name)
    search = Search(crossval.search_folder(place), crossval.search)
    if not search.finished:
        splits = (inner_split(crossval.fold(place)),)
        objective = TrainingObjective(project, search, crossval.recipe, splits, reporter=reporter, stop=stop)
        if not run_search(search, objective, reporter=reporter, stop=stop, on_end=objective.clean):
            return None
    found = outcome_of(search)
    found.save(search.folder, crossval.recipe)
    return found.recipe(crossval.recipe)


def nested_amount(settings: SearchSettings | None) -> float:
    """Full trainings that a fold needs: one, and those of its search when no trial is ended early."""
    return 1.0 if settings is None else 1.0 + training_amount(plan_rounds(settings))
