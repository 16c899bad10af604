"""The verdict on overfitting follows its stated rule."""

import re

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Box, Boxes, ClassLabel, ClassScores, Geometry
from medopt.validation import (
    MEAN,
    BoxResults,
    CaseScore,
    ClassResults,
    Results,
    Structure,
    ValidationSettings,
    bootstrap_difference,
    compare_subsets,
    validate_boxes,
    validate_classes,
)


def results(subset, dice, model="net", prefix=None, structure="organ"):
    scores = tuple(
        CaseScore(
            f"{subset}-{n}", f"{prefix or subset}-{n}", structure, {"dice": float(d), "hd95_mm": 1.0}, 1, 1, "none"
        )
        for n, d in enumerate(dice)
    )
    return Results(subset, model, (Structure(1, structure),), ValidationSettings(), scores, ())


def spread(mean, n, by=0.01):
    return mean + by * np.linspace(-1, 1, n)


@pytest.mark.parametrize(
    ("train", "test", "verdict", "rule"),
    [
        (spread(0.90, 40), spread(0.89, 20), "fits", "not more than 0.05"),
        (spread(0.88, 40), spread(0.90, 20), "fits", "not more than 0.05"),
        (spread(0.97, 40), spread(0.80, 20), "overfits", "more than 0.05"),
        (spread(0.50, 40), spread(0.30, 20), "underfits", "even on training cases the mean is 0.4.* below 0.7"),
        (spread(0.90, 40), spread(0.85, 20, by=0.2), "too few cases to tell", "may be above or below 0.05"),
        (spread(0.97, 40), spread(0.30, 4), "too few cases to tell", "expected at least 5, found 4"),
        (spread(0.97, 3), spread(0.30, 40), "too few cases to tell", "expected at least 5, found 3"),
        ([], spread(0.30, 40), "too few cases to tell", "no case"),
    ],
)
def test_verdicts(train, test, verdict, rule):
    found = compare_subsets(results("train", train), results("test", test))
    assert found.verdict == verdict
    assert re.search(rule, found.rule)
    assert (found.n_train, found.n_test) == (len(train), len(test))


def test_the_gap_is_training_minus_test_with_its_interval():
    train, test = spread(0.93, 30), spread(0.89, 12)
    found = compare_subsets(results("train", train), results("test", test))
    assert (found.train, found.test, found.gap) == pytest.approx((0.93, 0.89, 0.04))
    expected = bootstrap_difference(
        (train, [f"train-{n}" for n in range(30)]), (test, [f"test-{n}" for n in range(12)])
    )
    assert (found.low, found.high) == (expected.low, expected.high)
    assert found.low < 0.04 < found.high


def test_limits_are_the_callers():
    train, test = results("train", spread(0.93, 30)), results("test", spread(0.89, 12))
    assert compare_subsets(train, test, large_gap=0.02).verdict == "overfits"
    assert compare_subsets(train, test, good=0.95).verdict == "underfits"


def test_what_gets_no_verdict():
    train, test = results("train", spread(0.9, 9)), results("test", spread(0.9, 9))
    with pytest.raises(MedOptError, match="hd95_mm: no verdict on this metric: expected one of dice, iou, nsd"):
        compare_subsets(train, test, metric="hd95_mm")
    with pytest.raises(MedOptError, match="not of one model"):
        compare_subsets(train, results("test", spread(0.9, 9), model="other"))
    with pytest.raises(MedOptError, match="one set of structures"):
        compare_subsets(train, results("test", spread(0.9, 9), structure="other"))
    with pytest.raises(MedOptError, match="subjects stand in both training and test: found train-0"):
        compare_subsets(train, results("test", spread(0.9, 9), prefix="train"))


def _classified(shift: float, subject: str, n: int = 60) -> ClassResults:
    """Two classes; ``shift`` apart on the scale of scores."""
    rng = np.random.default_rng(4)
    truth = np.arange(n) % 2
    sure = 1 / (1 + np.exp(-(rng.normal(0, 1, n) + shift * (truth - 0.5))))
    return validate_classes(
        [(f"{subject}{i:02d}", f"{subject}{i:02d}") for i in range(n)],
        lambda case: ClassLabel((1 + int(truth[int(case[-2:])]),)),
        lambda case: ClassScores((1, 2), (1 - sure[int(case[-2:])], sure[int(case[-2:])])),
        [Structure(1, "well"), Structure(2, "ill")],
        subset="train",
        model="net",
        settings=ValidationSettings.model_validate({"bootstrap": {"samples": 1000}}),
    )


@pytest.mark.parametrize(
    ("train", "test", "verdict"), [(6.0, 0.5, "overfits"), (-0.5, -0.5, "underfits"), (8.0, 8.0, "fits")]
)
def test_verdicts_on_classes_go_by_the_area_under_the_curve(train: float, test: float, verdict: str) -> None:
    known, unseen = _classified(train, "a"), _classified(test, "b")
    gap = compare_subsets(known, unseen)
    assert (gap.metric, gap.verdict) == ("auroc", verdict)
    assert gap.train == known.row(MEAN, "auroc").estimate
    assert gap.gap == pytest.approx(gap.train - gap.test)
    with pytest.raises(MedOptError, match="no verdict on this metric: expected one of auroc"):
        compare_subsets(known, unseen, metric="dice")


def _detected(found: int, subject: str, n: int = 20) -> BoxResults:
    grid, there = Geometry((9, 30, 30), (1.0, 1.0, 1.0)), Box((10.0, 10.0, 4.0), (4.0, 4.0, 4.0), 1)
    return validate_boxes(
        [(f"{subject}{i:02d}", f"{subject}{i:02d}") for i in range(n)],
        lambda case: Boxes((there,)),
        lambda case: Boxes((Box(there.center, there.size, 1, score=0.9),) if int(case[-2:]) < found else ()),
        lambda case: grid,
        [Structure(1, "cell")],
        subset="train",
        model="net",
        settings=ValidationSettings.model_validate({"bootstrap": {"samples": 1000}}),
    )


def test_verdicts_on_boxes_go_by_average_precision() -> None:
    gap = compare_subsets(_detected(20, "a"), _detected(8, "b"))
    assert (gap.metric, gap.verdict, gap.train, gap.test) == ("ap50", "overfits", 1.0, pytest.approx(0.4))
    assert compare_subsets(_detected(3, "a"), _detected(3, "b")).verdict == "underfits"


def test_results_of_two_tasks_are_not_compared() -> None:
    with pytest.raises(MedOptError, match=r"not of one model|no verdict"):
        compare_subsets(_classified(1.0, "a"), _detected(3, "b"))
