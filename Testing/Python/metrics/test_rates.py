"""Rates against scikit-learn, and where they are not defined."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as oracle

from medopt.metrics import BinaryCounts, count_binary, f1, npv, ppv, sensitivity, specificity


def test_equal_to_scikit_learn(rng: np.random.Generator) -> None:
    truth, called = rng.random(60) < 0.3, rng.random(60) < 0.5
    counts = count_binary(truth, called)
    assert sensitivity(counts) == pytest.approx(oracle.recall_score(truth, called))
    assert specificity(counts) == pytest.approx(oracle.recall_score(~truth, ~called))
    assert ppv(counts) == pytest.approx(oracle.precision_score(truth, called))
    assert npv(counts) == pytest.approx(oracle.precision_score(~truth, ~called))
    assert f1(counts) == pytest.approx(oracle.f1_score(truth, called))


def test_without_a_denominator_there_is_no_rate() -> None:
    nothing = BinaryCounts(0, 0, 0, 0)
    assert [rate(nothing) for rate in (sensitivity, specificity, ppv, npv, f1)] == [None] * 5
    healthy = BinaryCounts(tp=0, fn=0, fp=0, tn=9)
    assert (sensitivity(healthy), specificity(healthy), ppv(healthy), npv(healthy), f1(healthy)) == (
        None,
        1,
        None,
        1,
        None,
    )
    missed = BinaryCounts(tp=0, fn=2, fp=0, tn=0)
    assert (sensitivity(missed), ppv(missed), npv(missed), f1(missed)) == (0, None, 0, 0)
