"""Fleiss' kappa against his own example, Scott's pi of two raters, and counting pairs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from medopt import MedOptError
from medopt.metrics import fleiss_kappa
from medopt.metrics.fleiss_kappa import weighted_fleiss_kappa

WORKED = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)
"""The often printed example of 14 raters, 10 cases and 5 classes, whose kappa is 0.210."""


def counted(ratings: np.ndarray, classes: int) -> np.ndarray:
    return np.stack([np.bincount(row[row >= 0], minlength=classes) for row in ratings])


def test_the_worked_example() -> None:
    assert fleiss_kappa(WORKED) == pytest.approx(0.210, abs=5e-4)


def test_equal_to_counting_pairs(rng: np.random.Generator) -> None:
    ratings = rng.integers(0, 3, (40, 5))
    ratings[:, 1:3] = np.where(rng.random((40, 2)) < 0.6, ratings[:, :1], ratings[:, 1:3])
    same = np.mean([a == b for row in ratings for a, b in combinations(row, 2)])
    shares = np.bincount(ratings.ravel(), minlength=3) / ratings.size
    chance = (shares**2).sum()
    assert fleiss_kappa(counted(ratings, 3)) == pytest.approx((same - chance) / (1 - chance))


def test_two_raters_have_scotts_pi(rng: np.random.Generator) -> None:
    one = rng.integers(0, 2, 60)
    other = np.where(rng.random(60) < 0.7, one, 1 - one)
    share = (one.sum() + other.sum()) / 120
    chance = share**2 + (1 - share) ** 2
    assert fleiss_kappa(counted(np.stack([one, other], 1), 2)) == pytest.approx(
        ((one == other).mean() - chance) / (1 - chance)
    )


def test_cases_may_have_different_numbers_of_raters() -> None:
    table = [[2, 0], [0, 3], [1, 1], [1, 0], [0, 0]]  # the last two say nothing
    chance = (3 / 7) ** 2 + (4 / 7) ** 2
    assert fleiss_kappa(table) == pytest.approx((2 / 3 - chance) / (1 - chance))


def test_perfect_and_undefined() -> None:
    assert fleiss_kappa([[3, 0], [0, 3]]) == pytest.approx(1)
    assert fleiss_kappa([[3, 0], [3, 0]]) is None
    assert fleiss_kappa(np.zeros((0, 3))) is None
    assert fleiss_kappa([[1, 0], [0, 1]]) is None


def test_weights_repeat_cases() -> None:
    weights = np.array([[1.0] * 10, [2, 0, 1, 1, 0, 0, 3, 1, 1, 1], [0.0] * 10])
    found = weighted_fleiss_kappa(WORKED.astype(float), weights)
    assert found[0] == pytest.approx(fleiss_kappa(WORKED))
    assert found[1] == pytest.approx(fleiss_kappa(np.repeat(WORKED, weights[1].astype(int), axis=0)))
    assert np.isnan(found[2])


def test_wrong_tables_are_told() -> None:
    with pytest.raises(MedOptError, match=r"not a table of ratings: expected \(cases, classes\)"):
        fleiss_kappa([1, 2, 3])
