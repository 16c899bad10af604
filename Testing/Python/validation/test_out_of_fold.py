"""Cross-validation measured: every subject once, by a model that never saw it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

pytest.importorskip("torch", reason="the tests train")

from medopt import MedOptError
from medopt.project import Project
from medopt.project.folds import make_folds
from medopt.report import make_report
from medopt.training.folds import CrossValidation, start_crossval, train_fold
from medopt.validation import CaseScore, Results, bootstrap_mean, load_results
from medopt.validation.out_of_fold import (
    _mean_over_repeats,
    is_pooled,
    pool_folds,
    pooled_file,
    score_fold,
)
from medopt.validation.spread import measured_spread

from ..training.small import Watched, small_recipe


def trained(project: Project, k: int = 3, repeats: int = 1) -> CrossValidation:
    folds = make_folds(project, k=k, repeats=repeats)
    crossval = start_crossval(project, folds, small_recipe(25), name="cv")
    for place in crossval.places:
        train_fold(project, crossval, place)
    return crossval


def test_every_subject_is_pooled_once_by_a_model_that_never_saw_it(small_project: Project) -> None:
    crossval = trained(small_project)
    assert not is_pooled(crossval)
    found = pool_folds(small_project, crossval)
    results = found.results
    assert isinstance(results, Results)
    counts = Counter((score.case, score.structure) for score in results.cases)
    assert set(counts.values()) == {1}
    assert {case for case, _ in counts} == crossval.folds.cases
    assert results.n_subjects == crossval.folds.subjects == 6
    for place in crossval.places:
        mine = load_results(crossval.run_folder(place) / "metrics-held-out.json")
        assert {score.case for score in mine.scored} == set(crossval.fold(place).held_out)
    values = [one.value for one in results.case_values("mean", "dice")]
    subjects = [one.subject for one in results.case_values("mean", "dice")]
    row = results.row("mean", "dice")
    assert row.estimate == pytest.approx(np.mean(values))  # type: ignore[arg-type]
    expected = bootstrap_mean(values, subjects, results.settings.bootstrap)  # type: ignore[arg-type]
    assert (row.low, row.high) == (expected.low, expected.high)
    assert found.between == pytest.approx(np.std([one.row.estimate for one in found.folds], ddof=1))  # type: ignore[arg-type]
    assert [one.run for one in found.folds] == ["cv-fold1", "cv-fold2", "cv-fold3"]
    assert is_pooled(crossval)
    assert load_results(pooled_file(crossval.folder)) == results
    assert small_project.test_openings() == []
    spread = measured_spread(small_project)
    assert spread is not None
    assert spread[0] == pytest.approx(np.std(values, ddof=1))  # type: ignore[arg-type]


def test_scores_that_are_there_are_used_again(small_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    crossval = trained(small_project, k=2)
    first = pool_folds(small_project, crossval)
    watched = Watched(monkeypatch)
    assert pool_folds(small_project, crossval).results == first.results
    assert watched.read == set()


def test_the_report_shows_the_pooled_results_like_those_of_a_run(small_project: Project) -> None:
    crossval = trained(small_project, k=2)
    pool_folds(small_project, crossval)
    page = make_report(crossval.pooled, project=small_project, subset="out-of-fold").read_text(encoding="utf-8")
    for case in crossval.folds.cases:
        assert case in page
    assert "no prediction" not in page.lower()


def test_a_fold_that_is_not_trained_is_told(small_project: Project) -> None:
    crossval = start_crossval(small_project, make_folds(small_project, k=3), small_recipe(4), name="cv")
    train_fold(small_project, crossval, 1)
    score_fold(small_project, crossval, 1)
    with pytest.raises(MedOptError, match=r"cv-fold2: the fold is not trained yet.*Repeat the command"):
        pool_folds(small_project, crossval)


def test_a_case_has_its_mean_over_repeats() -> None:
    def score(case: str, dice: float | None, predicted: float) -> CaseScore:
        return CaseScore(case, f"s-{case}", "organ", {"dice": dice}, 10.0, predicted, "none")

    found = _mean_over_repeats(
        [score("b", 0.5, 8.0), score("a", 0.4, 9.0), score("a", 0.8, 11.0), score("b", None, 8.0)]
    )
    assert [(one.case, one.value("dice"), one.predicted_ml) for one in found] == [
        ("a", pytest.approx(0.6), 10.0),
        ("b", 0.5, 8.0),
    ]


def test_without_measurements_there_is_no_spread(small_project: Project) -> None:
    assert measured_spread(small_project) is None
