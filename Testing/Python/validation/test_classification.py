"""Classified cases: scores, the rule for cases that nobody judged, and figures against scikit-learn."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn import metrics as oracle

from medopt import MedOptError
from medopt.events import Collector
from medopt.image import ClassLabel, ClassScores
from medopt.metrics import delong_auroc, wilson_interval
from medopt.validation import (
    MEAN,
    ClassResults,
    Structure,
    ValidationSettings,
    load_results,
    score_classes,
    validate_classes,
)
from medopt.validation.class_intervals import NO_SPREAD, RATES

CLASSES = (Structure(1, "well"), Structure(3, "ill"), Structure(7, "odd"))
SETTINGS = ValidationSettings.model_validate({"bootstrap": {"samples": 400}})


def made(n: int, seed: int = 1, cases_a_subject: int = 1) -> tuple[list[tuple[str, str]], np.ndarray, np.ndarray]:
    """Cases with subjects, true class indices and probabilities (n, 3)."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, n, p=(0.5, 0.35, 0.15))
    logits = rng.normal(0, 1.2, (n, 3)) + 1.5 * np.eye(3)[truth]
    sure = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return [(f"c{i:03d}", f"s{i // cases_a_subject:03d}") for i in range(n)], truth, sure


def validated(n: int = 80, **options: int) -> tuple[ClassResults, np.ndarray, np.ndarray]:
    pairs, truth, sure = made(n, **options)
    place = {case: i for i, (case, _) in enumerate(pairs)}
    results = validate_classes(
        pairs,
        lambda case: ClassLabel((CLASSES[truth[place[case]]].value,)),
        lambda case: ClassScores(tuple(c.value for c in CLASSES), tuple(sure[place[case]])),
        CLASSES,
        subset="test",
        model="net",
        settings=SETTINGS,
    )
    return results, truth, sure


def test_exclusive_classes_are_those_of_scikit_learn() -> None:
    results, truth, sure = validated()
    said = sure.argmax(axis=1)
    for index, name in enumerate(("well", "ill", "odd")):
        here, called = truth == index, said == index
        expected = {
            "auroc": oracle.roc_auc_score(here, sure[:, index]),
            "average_precision": oracle.average_precision_score(here, sure[:, index]),
            "sensitivity": oracle.recall_score(here, called),
            "specificity": oracle.recall_score(~here, ~called),
            "ppv": oracle.precision_score(here, called),
            "npv": oracle.precision_score(~here, ~called),
            "f1": oracle.f1_score(here, called),
            "brier": oracle.brier_score_loss(here, sure[:, index]),
        }
        assert {m: results.row(name, m).estimate for m in expected} == pytest.approx(expected)
    expected = {
        "auroc": oracle.roc_auc_score(truth, sure, multi_class="ovr"),
        "accuracy": oracle.accuracy_score(truth, said),
        "balanced_accuracy": oracle.balanced_accuracy_score(truth, said),
        "kappa": oracle.cohen_kappa_score(truth, said),
        "f1": oracle.f1_score(truth, said, average="macro"),
        "log_loss": oracle.log_loss(truth, sure),
        "brier": ((sure - np.eye(3)[truth]) ** 2).sum(axis=1).mean(),
    }
    assert {m: results.row(MEAN, m).estimate for m in expected} == pytest.approx(expected)


def test_numbers_of_cases_are_the_denominators() -> None:
    results, truth, sure = validated()
    ill, said = truth == 1, sure.argmax(axis=1) == 1
    n = {m: results.row("ill", m).n for m in ("auroc", "sensitivity", "specificity", "ppv", "npv")}
    assert n == {
        "auroc": 80, "sensitivity": ill.sum(), "specificity": (~ill).sum(), "ppv": said.sum(), "npv": (~said).sum()
    }  # fmt: skip


def test_intervals_are_closed_forms_where_each_subject_has_one_case() -> None:
    results, truth, sure = validated()
    row, area = results.row("ill", "auroc"), delong_auroc(truth == 1, sure[:, 1])
    assert (row.low, row.high, row.method) == (pytest.approx(area.low), pytest.approx(area.high), "delong")
    right = int((truth == sure.argmax(axis=1)).sum())
    row = results.row(MEAN, "accuracy")
    assert (row.low, row.high) == pytest.approx(wilson_interval(right, 80))
    assert row.method == "wilson"
    assert results.row("ill", "f1").method == "bootstrap"


def test_several_cases_a_subject_take_intervals_over_subjects() -> None:
    results, _, _ = validated(160, cases_a_subject=4)
    assert {row.metric for row in results.summary if row.method == "wilson"} == {*RATES}
    assert not any(row.method == "delong" for row in results.summary)
    row = results.row("ill", "auroc")
    assert (row.n, row.n_subjects) == (160, 40)
    assert row.low < row.estimate < row.high


def test_few_subjects_have_no_interval_with_the_reason() -> None:
    results, truth, _ = validated(4)
    assert all(row.low is None for row in results.summary)
    assert "found 4" in results.row(MEAN, "accuracy").note
    results, truth, _ = validated(30, seed=3)
    assert 0 < (truth == 2).sum() < 5
    assert results.row("odd", "auroc").low is None
    assert results.row("odd", "auroc").note == (
        f"too few subjects with the class: expected at least 5, found {(truth == 2).sum()}"
    )
    assert "too few subjects with odd" in results.row(MEAN, "auroc").note
    assert results.row("odd", "specificity").low is not None


def test_a_figure_that_no_resample_moves_has_no_interval_by_the_bootstrap() -> None:
    results = validate_classes(
        [(f"c{n}", f"s{n}") for n in range(20)],
        lambda case: ClassLabel((1 if int(case[1:]) % 2 else 3,)),
        lambda case: ClassScores((1, 3), (0.1, 0.9)),
        CLASSES[:2],
        subset="test",
        model="net",
        settings=SETTINGS,
    )
    never = results.row("well", "f1")
    assert (never.estimate, never.low, never.note) == (0.0, None, NO_SPREAD)
    assert results.row(MEAN, "kappa").note == NO_SPREAD
    closed = results.row("well", "sensitivity")  # none of ten: the closed form still tells how many it may be
    assert (closed.estimate, closed.low, closed.note) == (0.0, 0.0, "")
    assert closed.high == pytest.approx(0.278, abs=0.001)


def test_a_class_without_cases_is_named_and_left_out_of_the_mean() -> None:
    pairs, truth, sure = made(40)
    truth = np.where(truth == 2, 0, truth)
    results = validate_classes(
        pairs,
        lambda case: ClassLabel((CLASSES[truth[int(case[1:])]].value,)),
        lambda case: ClassScores((1, 3, 7), tuple(sure[int(case[1:])])),
        CLASSES,
        subset="test",
        model="net",
        settings=SETTINGS,
    )
    row = results.row("odd", "auroc")
    assert (row.estimate, row.low, row.note) == (None, None, "not defined for these cases")
    row = results.row(MEAN, "auroc")
    assert row.without == ("odd",)
    assert row.estimate == pytest.approx(np.mean([results.row(n, "auroc").estimate for n in ("well", "ill")]))


def test_several_classes_at_once_count_only_what_somebody_judged(tmp_path) -> None:
    rng = np.random.default_rng(8)
    truth, sure = rng.random((50, 2)) < 0.4, rng.random((50, 2))
    judged = rng.random((50, 2)) < 0.7
    judged[:10] = True
    judged[10] = False
    classes = (Structure(1, "a"), Structure(2, "b"))
    told = Collector()
    results = validate_classes(
        [(f"c{i:02d}", f"s{i:02d}") for i in range(50)],
        lambda case: ClassLabel(
            tuple(v for v in (1, 2) if judged[int(case[1:]), v - 1] and truth[int(case[1:]), v - 1]),
            tuple(v for v in (1, 2) if not judged[int(case[1:]), v - 1]),
        ),
        lambda case: ClassScores((1, 2), tuple(sure[int(case[1:])]), exclusive=False),
        classes,
        subset="test",
        model="net",
        exclusive=False,
        settings=SETTINGS,
        reporter=told,
    )
    left = [item.case for item in results.left_out]
    assert left == [f"c{i:02d}" for i in range(50) if not judged[i].any()]
    assert "c10" in left
    for index, name in enumerate("ab"):
        here = judged[:, index]
        row = results.row(name, "auroc")
        assert row.estimate == pytest.approx(oracle.roc_auc_score(truth[here, index], sure[here, index]))
        assert (row.n, row.excluded) == (here.sum(), 50 - len(left) - here.sum())
        called = sure[here, index] >= 0.5
        kappa = oracle.cohen_kappa_score(truth[here, index], called)
        assert results.row(name, "kappa").estimate == pytest.approx(kappa)
        assert results.row(name, "log_loss").estimate == pytest.approx(
            oracle.log_loss(truth[here, index], sure[here, index])
        )
    both = [results.row(name, "accuracy").estimate for name in "ab"]
    assert results.row(MEAN, "accuracy").estimate == pytest.approx(np.mean(both))
    results.save(tmp_path / "metrics-test.json")
    assert load_results(tmp_path / "metrics-test.json") == results


@pytest.mark.parametrize(
    ("label", "scores", "message"),
    [
        (ClassLabel(()), (0.2, 0.5, 0.3), "does not say which class it is: expected exactly one, found none"),
        (ClassLabel((3, 7)), (0.2, 0.5, 0.3), "found ill, odd"),
        (ClassLabel((9,)), (0.2, 0.5, 0.3), "unknown class in the reference: found 9"),
        (ClassLabel((3,)), (0.2, float("nan"), 0.3), "no probability: expected 0 to 1, found nan"),
        (ClassLabel((3,)), (0.2, 1.5, 0.3), "found 1.5"),
    ],
)
def test_cases_that_cannot_be_scored(label: ClassLabel, scores: tuple[float, ...], message: str) -> None:
    with pytest.raises(MedOptError, match=message):
        score_classes(label, ClassScores((1, 3, 7), scores), CLASSES, case="x")


def test_a_class_that_the_model_does_not_know() -> None:
    with pytest.raises(MedOptError, match="x: the model says nothing of a class: expected odd"):
        score_classes(ClassLabel((1,)), ClassScores((1, 3), (0.5, 0.5)), CLASSES, case="x")


def test_how_sure_the_model_is_of_what_is_true() -> None:
    case = score_classes(ClassLabel((3,)), ClassScores((1, 3, 7), (0.3, 0.6, 0.1)), CLASSES)
    assert (case.agreement, case.right) == (pytest.approx(0.6), True)
    both = ClassScores((1, 3, 7), (0.9, 0.2, 0.4), exclusive=False)
    case = score_classes(ClassLabel((1, 3), (7,)), both, CLASSES, exclusive=False)
    assert (case.agreement, case.right, case.judged) == (pytest.approx(0.2), False, ("well", "ill"))


def test_the_file_is_as_documented_and_checked(tmp_path) -> None:
    results, _, _ = validated(20)
    path = tmp_path / "metrics-test.json"
    results.save(path)
    value = json.loads(path.read_text())
    assert (value["format"], value["task"], value["exclusive"], value["n_cases"]) == (2, "classification", True, 20)
    assert value["cases"][0].keys() == {"case", "subject", "present", "unjudged", "predicted", "probabilities"}
    assert ClassResults.load(path) == load_results(path) == results
    value["cases"][0].pop("present")
    path.write_text(json.dumps(value))
    with pytest.raises(MedOptError, match=r"metrics-test.json: the validation results are damaged"):
        load_results(path)


def test_the_calibration_error_stands_beside_what_chance_gives() -> None:
    results, truth, sure = validated(150)
    row = results.row("ill", "ece")
    place = np.clip(np.ceil(sure[:, 1] * 10) - 1, 0, 9)
    gaps = [abs(sure[place == b, 1].sum() - (truth[place == b] == 1).sum()) for b in range(10)]
    assert row.estimate == pytest.approx(sum(gaps) / 150)
    assert row.low is None
    assert "never below 0" in row.note
    assert 0.03 < row.by_chance < 0.2
    classes = [results.row(name, "ece") for name in ("well", "ill", "odd")]
    together = results.row(MEAN, "ece")
    assert together.estimate == pytest.approx(np.mean([r.estimate for r in classes]))
    assert together.by_chance is None
    assert results.row("ill", "auroc").by_chance is None


def test_the_file_holds_the_points_of_the_reliability_diagram(tmp_path) -> None:
    results, truth, _ = validated(150)
    results.save(tmp_path / "m.json")
    points = json.loads((tmp_path / "m.json").read_text())["reliability"]["ill"]
    assert (points[0]["low"], points[-1]["high"], len(points)) == (0.0, 1.0, 10)
    assert sum(point["true"]["n"] for point in points) == 150
    assert sum(point["true"]["n"] * (point["true"]["estimate"] or 0) for point in points) == pytest.approx(
        (truth == 1).sum()
    )
    assert load_results(tmp_path / "m.json") == results


def test_rates_of_several_cases_a_subject_have_an_interval_also_where_all_are_right() -> None:
    classes = (Structure(1, "well"), Structure(3, "ill"))
    results = validate_classes(
        [(f"c{n:02d}", f"s{n % 8}") for n in range(32)],
        lambda case: ClassLabel((1 if int(case[1:]) % 2 else 3,)),
        lambda case: ClassScores((1, 3), (0.9, 0.1) if int(case[1:]) % 2 else (0.2, 0.8)),
        classes,
        subset="test",
        model="net",
        settings=SETTINGS,
    )
    row = results.row(MEAN, "accuracy")
    assert (row.estimate, row.high, row.n, row.n_subjects, row.method) == (1.0, 1.0, 32, 8, "wilson")
    # eight subjects are worth no more than eight cases
    assert row.low < wilson_interval(8, 8)[0]
