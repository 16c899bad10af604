"""Accuracies against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as oracle

from medopt.metrics import accuracy, balanced_accuracy, confusion_matrix


def test_equal_to_scikit_learn(rng: np.random.Generator) -> None:
    truth = rng.choice([0, 0, 0, 1, 2], 70)
    called = np.where(rng.random(70) < 0.6, truth, rng.integers(0, 3, 70))
    matrix = confusion_matrix(truth, called, 4)
    assert accuracy(matrix) == pytest.approx(oracle.accuracy_score(truth, called))
    assert balanced_accuracy(matrix) == pytest.approx(oracle.balanced_accuracy_score(truth, called))


def test_without_cases_there_is_none() -> None:
    assert accuracy(np.zeros((2, 2), np.int64)) is None
    assert balanced_accuracy(np.zeros((2, 2), np.int64)) is None
