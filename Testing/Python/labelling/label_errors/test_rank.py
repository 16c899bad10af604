"""Every case is asked of the model that never saw it; a planted error is found by trained folds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the tests train")

from medopt import MedOptError
from medopt.image import LabelMap
from medopt.inference import InferenceSettings, Model, ModelDescription
from medopt.labelling.label_errors import rank as module
from medopt.labelling.label_errors import rank_label_errors
from medopt.preprocess import PreprocessSettings
from medopt.project import Project
from medopt.project.folds import make_folds
from medopt.training.folds import CrossValidation, start_crossval, train_fold

from ...training.small import small_recipe


def begun(project: Project, k: int = 3, repeats: int = 1) -> CrossValidation:
    return start_crossval(project, make_folds(project, k=k, repeats=repeats), small_recipe(25), name="cv")


class Brightness:
    """A model that knows the classes by their brightness relative to the noise around them."""

    name = "brightness"

    def __call__(self, windows: np.ndarray) -> np.ndarray:
        value = windows[:, 0]
        means = np.array([100.0, 160.0, 220.0]).reshape(1, 3, 1, 1, 1)
        return (-(((value[:, None] - means) / 25) ** 2)).astype(np.float32)


def opener(project: Project, asked: list[int]) -> Callable[[CrossValidation, int], Model]:
    def open_model(crossval: CrossValidation, place: int) -> Model:
        asked.append(place)
        description = ModelDescription(
            task="segmentation",
            name="brightness",
            dims=3,
            channels=("image",),
            classes=tuple(project.settings.classes),
            preprocess=PreprocessSettings(),
            patch=(16, 24, 24),
            divisor=(1, 1, 1),
            inference=InferenceSettings(),
        )
        return Model(description, Brightness())

    return open_model


def test_each_case_is_asked_once_of_the_fold_that_held_it_out(
    small_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    crossval = begun(small_project, k=3, repeats=2)
    asked: list[int] = []
    seen: list[tuple[int, str]] = []
    ask = module._ask

    def noting(project: Project, case: str, *rest: object) -> object:
        seen.append((asked[-1], case))
        return ask(project, case, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_ask", noting)
    found = rank_label_errors(small_project, "cv", open_model=opener(small_project, asked))
    assert asked == [1, 2, 3]
    assert sorted(case for _, case in seen) == sorted(crossval.folds.cases)
    assert all(case in crossval.fold(place).held_out for place, case in seen)
    assert found.crossval == "cv"
    scores = [one.quality.score for one in found.suspects]
    assert scores == sorted(scores)
    assert small_project.test_openings() == []


def test_a_case_without_its_image_is_left_out_and_a_stop_ends_early(small_project: Project) -> None:
    crossval = begun(small_project)
    gone = sorted(crossval.folds.cases)[0]
    for path in small_project.image_paths(gone):
        path.unlink()
    found = rank_label_errors(small_project, open_model=opener(small_project, []))
    assert [item.case for item in found.left_out] == [gone]
    assert len(found.suspects) == len(crossval.folds.cases) - 1
    answers = iter([False, False, True])
    stopped = rank_label_errors(small_project, open_model=opener(small_project, []), stop=lambda: next(answers))
    assert len(stopped.suspects) + len(stopped.left_out) == 2


def test_folds_that_are_not_trained_and_other_classes_are_told(small_project: Project) -> None:
    begun(small_project)
    with pytest.raises(MedOptError, match="cv-fold1: the fold is not trained yet"):
        rank_label_errors(small_project)
    other = opener(small_project, [])

    def fewer(crossval: CrossValidation, place: int) -> Model:
        model = other(crossval, place)
        changes = {"classes": model.description.classes[:1]}
        return Model(model.description.model_copy(update=changes), model.runtime)

    with pytest.raises(
        MedOptError, match=r"learned other classes.*expected 1 \(Front\), 4 \(Back\), found 1 \(Front\)"
    ):
        rank_label_errors(small_project, open_model=fewer)


def test_trained_folds_find_a_planted_error(small_project: Project, tmp_path: Path) -> None:
    crossval = begun(small_project, k=2)
    for place in crossval.places:
        train_fold(small_project, crossval, place)
    wrong = sorted(crossval.folds.cases)[2]
    label = small_project.read_label(wrong)
    empty = LabelMap(np.zeros_like(label.array), label.geometry)
    before = rank_label_errors(small_project)
    small_project.save_label(wrong, empty, annotator="abe")
    after = rank_label_errors(small_project)
    assert rank_label_errors(small_project) == after
    assert len(after.suspects) == len(crossval.folds.cases)
    scores = [{one.case: one.quality.score for one in found.suspects} for found in (before, after)]
    assert scores[1][wrong] < scores[0][wrong]
    assert {c: s for c, s in scores[1].items() if c != wrong} == {c: s for c, s in scores[0].items() if c != wrong}
    assert after.suspects[0].case == wrong
