"""The folder of a cross-validation, and that a fold's training sees no held-out case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed")

from medopt import MedOptError
from medopt.project import Project, make_split
from medopt.project.folds import make_folds
from medopt.training import Recipe, RunRecord, train
from medopt.training.folds import list_crossvals, open_crossval, start_crossval, train_fold

from ..small import StopAfter, Watched, small_recipe


def test_a_fold_is_a_run_that_never_reads_its_held_out_cases(
    small_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    crossval = start_crossval(small_project, make_folds(small_project, k=3), small_recipe(4), name="cv")
    watched = Watched(monkeypatch)
    assert train_fold(small_project, crossval, 2)
    fold = crossval.fold(2)
    assert watched.read <= {*fold.split.train, *fold.split.validation}
    assert watched.read.isdisjoint(fold.held_out)
    assert crossval.run_folder(2).name == "cv-fold2"
    record = RunRecord.load(crossval.run_folder(2))
    assert (record.state, record.split["hash"]) == ("done", fold.split.hash)
    assert small_project.test_openings() == []


def test_a_finished_fold_is_not_repeated_and_a_stopped_one_goes_on(small_project: Project) -> None:
    crossval = start_crossval(small_project, make_folds(small_project, k=3), small_recipe(6), name="cv")
    assert not train_fold(small_project, crossval, 1, stop=StopAfter(3))
    assert not crossval.trained(1)
    assert train_fold(small_project, crossval, 1)
    last = crossval.run_folder(1) / "checkpoints" / "last.safetensors"
    before = last.stat().st_mtime_ns
    assert train_fold(small_project, crossval, 1)
    assert last.stat().st_mtime_ns == before
    assert RunRecord.load(crossval.run_folder(1)).steps == 6


def test_the_same_command_finds_it_again_and_others_begin_anew(small_project: Project) -> None:
    folds = make_folds(small_project, k=3)
    first = start_crossval(small_project, folds, small_recipe(4))
    assert first.name == "cv-001"
    assert start_crossval(small_project, folds, small_recipe(4)) == first
    assert start_crossval(small_project, folds, small_recipe(5)).name == "cv-002"
    assert start_crossval(small_project, make_folds(small_project, k=3, seed=2), small_recipe(4)).name == "cv-003"
    assert [path.name for path in list_crossvals(small_project)] == ["cv-001", "cv-002", "cv-003"]
    assert open_crossval(small_project, "cv-001").recipe == small_recipe(4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: (make_folds(p, k=3), small_recipe(5), "cv"), "begun with another recipe"),
        (lambda p: (make_folds(p, k=4), small_recipe(4), "cv"), "begun with other folds"),
        (lambda p: (make_folds(p, k=3), small_recipe(4), "a b"), "not a name"),
        (lambda p: (make_folds(p, k=3), small_recipe(4), "taken"), "a run has this name"),
    ],
)
def test_what_is_refused(small_project: Project, change: Callable[[Project], tuple], message: str) -> None:
    folds = make_folds(small_project, k=3)
    start_crossval(small_project, folds, small_recipe(4), name="cv")
    (small_project.runs_folder / "taken").mkdir()
    (small_project.runs_folder / "taken" / "run.json").write_text("{}")
    wished: Any = change(small_project)
    with pytest.raises(MedOptError, match=message):
        start_crossval(small_project, wished[0], wished[1], name=wished[2])


def test_a_new_split_of_the_project_ends_it(small_project: Project) -> None:
    start_crossval(small_project, make_folds(small_project, k=3), small_recipe(4), name="cv")
    make_split(small_project, test=0.25, validation=0.15, seed=9, replace=True)
    with pytest.raises(MedOptError, match="split changed since the folds were made"):
        open_crossval(small_project, "cv")
    with pytest.raises(MedOptError, match="expected one of: cv, found x"):
        open_crossval(small_project, "x")


def test_names_with_repeats(small_project: Project) -> None:
    crossval = start_crossval(small_project, make_folds(small_project, k=2, repeats=2), small_recipe(4), name="cv")
    assert [crossval.run_name(n) for n in crossval.places] == [
        "cv-repeat1-fold1",
        "cv-repeat1-fold2",
        "cv-repeat2-fold1",
        "cv-repeat2-fold2",
    ]
    with pytest.raises(MedOptError, match="expected 1 to 4, found 5"):
        crossval.run_name(5)


def test_runs_of_folds_are_not_taken_for_runs_of_the_project(small_project: Project) -> None:
    crossval = start_crossval(small_project, make_folds(small_project, k=3), small_recipe(2), name="cv")
    train_fold(small_project, crossval, 1)
    folder = train(small_project, Recipe.parse(small_recipe(2).model_dump(mode="json"), "recipe"))
    assert folder.name == "run-001"
    assert small_project.status().runs == 1
