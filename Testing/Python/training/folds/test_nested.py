"""Nested cross-validation: the search of a fold sees no held-out case, its finding is trained, a stop loses nothing."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="the tests train")
pytest.importorskip("optuna", reason="optuna is not installed")

from medopt import MedOptError
from medopt.project import Project
from medopt.project.folds import make_folds
from medopt.training import Recipe
from medopt.training.folds import open_crossval, start_crossval, train_fold
from medopt.training.folds.nested import inner_split, nested_amount, search_fold
from medopt.training.search import Dimension, Search, SearchSettings, outcome_of

from ..small import StopAfter, Watched, small_recipe

SPACE = SearchSettings(
    dimensions=(Dimension(field="training.learning_rate", kind="log", low=1e-4, high=1e-1),), trials=2, rounds=1
)


def test_the_search_of_a_fold_never_reads_its_held_out_cases_and_its_finding_is_trained(
    small_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    crossval = start_crossval(small_project, make_folds(small_project, k=3), small_recipe(4), name="cv", search=SPACE)
    fold = crossval.fold(1)
    assert inner_split(fold).test == ()
    watched = Watched(monkeypatch)
    assert train_fold(small_project, crossval, 1)
    assert watched.read
    assert watched.read.isdisjoint(fold.held_out)
    best = outcome_of(Search.open(crossval.search_folder(1))).best
    assert best is not None
    used = Recipe.load(crossval.run_folder(1) / "recipe.yaml")
    assert used.training.learning_rate == best.values["training.learning_rate"]
    assert used.training.steps == 4
    assert crossval.recipe.training.learning_rate == 0.01  # where the search began, and no result of it
    assert small_project.test_openings() == []


def test_a_stopped_search_goes_on_and_a_finished_one_is_read(small_project: Project) -> None:
    crossval = start_crossval(small_project, make_folds(small_project, k=3), small_recipe(4), name="cv", search=SPACE)
    assert not train_fold(small_project, crossval, 2, stop=StopAfter(3))
    assert not (crossval.run_folder(2) / "run.json").exists()
    again = open_crossval(small_project, "cv")
    assert again == crossval
    first = search_fold(small_project, again, 2)
    trials = Search.open(again.search_folder(2)).store.all()
    assert [trial.state for trial in trials] == ["done", "done"]
    assert search_fold(small_project, again, 2) == first
    assert Search.open(again.search_folder(2)).store.all() == trials


def test_with_and_without_a_search_are_two_cross_validations(small_project: Project) -> None:
    folds = make_folds(small_project, k=3)
    plain = start_crossval(small_project, folds, small_recipe(4))
    nested = start_crossval(small_project, folds, small_recipe(4), search=SPACE)
    assert (plain.name, nested.name) == ("cv-001", "cv-002")
    assert start_crossval(small_project, folds, small_recipe(4), search=SPACE) == nested
    assert start_crossval(small_project, folds, small_recipe(4)) == plain
    with pytest.raises(MedOptError, match="another search"):
        start_crossval(small_project, folds, small_recipe(4), name="cv-002")
    with pytest.raises(MedOptError, match="is not nested"):
        search_fold(small_project, plain, 1)


def test_a_search_that_does_not_fit_is_refused_before_anything_is_written(small_project: Project) -> None:
    folds = make_folds(small_project, k=3)
    for wrong in (
        SPACE.model_copy(update={"folds": 2}),
        SPACE.model_copy(update={"dimensions": (Dimension(field="training.nothing", kind="linear", low=0, high=1),)}),
    ):
        with pytest.raises(MedOptError):
            start_crossval(small_project, folds, small_recipe(4), search=wrong)
    assert list(small_project.runs_folder.iterdir()) == []


def test_the_price_is_told_in_full_trainings() -> None:
    assert nested_amount(None) == 1
    assert nested_amount(SPACE) == 3  # two trials of the full time, and the training
    assert nested_amount(SPACE.model_copy(update={"trials": 27, "rounds": 3})) == pytest.approx(1 + 19 / 9 + 6 / 3 + 2)
