"""Brier score and log loss against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as oracle

from medopt.metrics import brier_score, log_loss


def test_of_one_finding_equal_to_scikit_learn(rng: np.random.Generator) -> None:
    truth, p = rng.random(40) < 0.3, rng.random(40)
    assert brier_score(truth, p) == pytest.approx(oracle.brier_score_loss(truth, p))
    assert log_loss(truth, p) == pytest.approx(oracle.log_loss(truth, p))


def test_of_exclusive_classes(rng: np.random.Generator) -> None:
    p, classes = rng.dirichlet([1, 1, 1], 40), rng.integers(0, 3, 40)
    truth = np.eye(3)[classes]
    assert log_loss(truth, p) == pytest.approx(oracle.log_loss(classes, p, labels=range(3)))
    assert brier_score(truth, p) == pytest.approx(
        np.mean([((t - q) ** 2).sum() for t, q in zip(truth, p, strict=True)])
    )


def test_wrong_certainty_is_finite_and_nothing_is_none() -> None:
    assert log_loss([1], [0.0]) == pytest.approx(-np.log(1e-15))
    assert brier_score([1, 0], [0.0, 1.0]) == 1
    assert brier_score([], []) is None
    assert log_loss([], []) is None
    assert brier_score(np.zeros((0, 3)), np.zeros((0, 3))) is None
    assert log_loss(np.zeros((0, 3)), np.zeros((0, 3))) is None
