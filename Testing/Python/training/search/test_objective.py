"""Real trainings as trials: judged on validation cases only, ended early when hopeless, resumed after a kill."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch", reason="the tests train")
pytest.importorskip("optuna", reason="optuna is not installed")

import torch

from medopt import MedOptError
from medopt.project import Project, load_split
from medopt.training import RunRecord
from medopt.training.search import (
    Dimension,
    Search,
    SearchSettings,
    TrainingObjective,
    Trial,
    outcome_of,
    run_search,
    validation_splits,
)
from medopt.training.search import objective as module

from ..small import StopAfter, Watched, small_recipe

RATE = Dimension(field="training.learning_rate", kind="log", low=1e-4, high=1e-1)


def settings(**more: Any) -> SearchSettings:
    return SearchSettings(**{"dimensions": (RATE,), "trials": 3, "rounds": 1, **more})


def test_trials_see_no_test_case_and_are_judged_on_validation_cases(
    small_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = load_split(small_project)
    splits = validation_splits(small_project)
    assert [(s.train, s.validation, s.test) for s in splits] == [(split.train, split.validation, ())]
    watched = Watched(monkeypatch)
    search = Search(small_project.runs_folder / "s", settings(trials=2))
    objective = TrainingObjective(small_project, search, small_recipe(8), splits)
    assert run_search(search, objective, on_end=objective.clean)
    assert watched.read
    assert watched.read.isdisjoint(split.test)
    assert small_project.test_openings() == []
    for trial in search.store.all():
        record = RunRecord.load(search.run_folder(trial))
        assert record.best is not None
        assert trial.score == pytest.approx(record.best["validation_dice"])
        assert record.split["cases"]["test"] == 0
        assert not (search.run_folder(trial) / "checkpoints").exists()
    found = outcome_of(search)
    assert found.best is not None
    best = found.recipe(small_recipe(8))
    assert best.training.learning_rate == found.best.values["training.learning_rate"]


def test_validation_folds_divide_training_and_validation_subjects_only(small_project: Project) -> None:
    split = load_split(small_project)
    splits = validation_splits(small_project, 3)
    judged = [case for one in splits for case in one.validation]
    assert sorted(judged) == sorted((*split.train, *split.validation))
    assert all(one.test == () and set(one.train).isdisjoint(split.test) for one in splits)
    assert all(set(one.train) | set(one.validation) == set(judged) for one in splits)


def test_a_score_is_the_mean_over_validation_folds(small_project: Project) -> None:
    search = Search(small_project.runs_folder / "s", settings(trials=1, folds=2))
    objective = TrainingObjective(small_project, search, small_recipe(4), validation_splits(small_project, 2))
    run_search(search, objective)
    (trial,) = search.store.all()
    scores = [
        RunRecord.load(search.run_folder(trial) / f"fold{n}").best["validation_dice"]  # type: ignore[index]
        for n in (1, 2)
    ]
    assert trial.score == pytest.approx(sum(scores) / 2)
    assert [share for share, _ in trial.points] == [0.25, 0.5, 0.75, 1.0]


def test_a_hopeless_training_is_ended_early(small_project: Project) -> None:
    search = Search(small_project.runs_folder / "s", settings(trials=5))
    for number in range(4):  # four good trials that were here before
        points = tuple((share, 0.99) for share in (0.25, 0.5, 0.75, 1.0))
        search.store.create(
            Trial(number, 0, 1.0, {RATE.field: 0.01 + number / 1000}, state="done", score=0.99, points=points)
        )
    recipe = small_recipe(40, validations=4)
    run_search(search, TrainingObjective(small_project, search, recipe, validation_splits(small_project)))
    last = search.store.all()[-1]
    assert last.state == "pruned"
    record = RunRecord.load(search.run_folder(last))
    assert (record.state, record.steps) == ("stopped", 10)
    assert outcome_of(search).best.number == 0  # type: ignore[union-attr]


def test_a_stopped_trial_goes_on_from_its_checkpoint(small_project: Project) -> None:
    splits, recipe = validation_splits(small_project), small_recipe(12)
    whole = Search(small_project.runs_folder / "whole", settings(trials=1))
    run_search(whole, TrainingObjective(small_project, whole, recipe, splits))
    parts = Search(small_project.runs_folder / "parts", settings(trials=1))
    assert not run_search(parts, TrainingObjective(small_project, parts, recipe, splits, stop=StopAfter(5)))
    assert parts.store.all()[0].state == "running"
    again = Search.open(parts.folder)
    assert run_search(again, TrainingObjective(small_project, again, recipe, splits))
    one, other = whole.store.all()[0], again.store.all()[0]
    assert (other.values, other.score, other.points) == (one.values, one.score, one.points)
    assert other.attempt == 2


def test_values_that_do_not_work_are_noted(small_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def short(*given: Any, **options: Any) -> None:
        raise torch.OutOfMemoryError("2 GiB")

    search = Search(small_project.runs_folder / "s", settings(trials=1))
    monkeypatch.setattr(module, "train", short)
    assert run_search(
        search, TrainingObjective(small_project, search, small_recipe(4), validation_splits(small_project))
    )
    (trial,) = search.store.all()
    assert trial.state == "failed"
    assert "too little memory" in str(trial.error)
    with pytest.raises(MedOptError, match="no trial has finished"):
        outcome_of(search).recipe(small_recipe(4))
