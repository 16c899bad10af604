"""The verdict on overfitting follows its stated rule."""

import re

import numpy as np
import pytest

from medopt import MedOptError
from medopt.validation import (
    CaseScore,
    Results,
    Structure,
    ValidationSettings,
    bootstrap_difference,
    compare_subsets,
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
    with pytest.raises(MedOptError, match="hd95_mm: no verdict on this metric: expected one of dice, nsd"):
        compare_subsets(train, test, metric="hd95_mm")
    with pytest.raises(MedOptError, match="not of one model"):
        compare_subsets(train, results("test", spread(0.9, 9), model="other"))
    with pytest.raises(MedOptError, match="one set of structures"):
        compare_subsets(train, results("test", spread(0.9, 9), structure="other"))
    with pytest.raises(MedOptError, match="subjects stand in both training and test: found train-0"):
        compare_subsets(train, results("test", spread(0.9, 9), prefix="train"))
