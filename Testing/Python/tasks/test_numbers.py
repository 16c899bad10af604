"""Arithmetic that tasks share."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from scipy.special import softmax as scipy_softmax

from medopt.project import ClassInfo
from medopt.tasks.numbers import mean_by_class, sigmoid, softmax, which_judged


def test_softmax_and_sigmoid_are_scipys_also_far_out(rng: np.random.Generator) -> None:
    logits = (rng.normal(size=(2, 4, 3, 3)) * 200).astype(np.float32)
    np.testing.assert_allclose(softmax(logits), scipy_softmax(logits.astype(float), axis=1), atol=1e-6)
    np.testing.assert_allclose(sigmoid(logits), expit(logits.astype(float)), atol=1e-6)
    assert sigmoid(logits).dtype == softmax(logits).dtype == np.float32


def test_classes_that_nobody_looked_for() -> None:
    classes = [ClassInfo(value=v, name=str(v), color="#000000") for v in (4, 7)]
    assert which_judged(classes, (7, 9)).tolist() == [True, False]


def test_means_are_over_those_that_have_a_value() -> None:
    found = mean_by_class(["a", "b", "c"], [{"a": 1.0, "b": 0.5}, {"a": 0.0}])
    assert found == {"a": pytest.approx(0.5), "b": pytest.approx(0.5)}
