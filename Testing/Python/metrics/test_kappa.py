"""Kappa against scikit-learn."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from medopt.metrics import cohen_kappa, confusion_matrix


@pytest.mark.parametrize("weighting", ["none", "linear", "quadratic"])
def test_equal_to_scikit_learn(rng: np.random.Generator, weighting: Literal["none", "linear", "quadratic"]) -> None:
    truth = rng.integers(0, 4, 70)
    called = np.where(rng.random(70) < 0.5, truth, rng.integers(0, 4, 70))
    oracle = cohen_kappa_score(truth, called, weights=None if weighting == "none" else weighting)
    assert cohen_kappa(confusion_matrix(truth, called, 4), weighting) == pytest.approx(oracle)


def test_perfect_chance_and_undefined() -> None:
    assert cohen_kappa(np.diag([3, 4])) == 1
    assert cohen_kappa(np.full((2, 2), 5)) == 0
    assert cohen_kappa(np.array([[9, 0], [0, 0]])) is None
    assert cohen_kappa(np.zeros((2, 2), np.int64)) is None
