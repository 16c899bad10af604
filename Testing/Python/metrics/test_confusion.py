"""Counts of right and wrong answers against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as oracle

from medopt.errors import MedOptError
from medopt.metrics import BinaryCounts, confusion_matrix, count_binary


def test_equal_to_scikit_learn(rng: np.random.Generator) -> None:
    truth, called = rng.integers(0, 4, 50), rng.integers(0, 3, 50)
    np.testing.assert_array_equal(
        confusion_matrix(truth, called, 4), oracle.confusion_matrix(truth, called, labels=range(4))
    )
    counts = count_binary(truth == 1, called == 1)
    tn, fp, fn, tp = oracle.confusion_matrix(truth == 1, called == 1).ravel()
    assert counts == BinaryCounts(tp, fn, fp, tn)


def test_nothing_counts_nothing() -> None:
    assert not confusion_matrix([], [], 2).any()
    assert count_binary([], []) == BinaryCounts(0, 0, 0, 0)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(MedOptError, match="class outside the classes: expected 0 to 1, found 0 to 2"):
        confusion_matrix([0, 2], [0, 1], 2)
    with pytest.raises(MedOptError, match="do not fit"):
        confusion_matrix([0], [0, 1], 2)
    with pytest.raises(MedOptError, match="do not fit"):
        count_binary([0], [0, 1])
