"""The soft minimum against its formula, its limits and a worked value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax

from medopt import MedOptError
from medopt.labelling.label_errors import soft_minimum


@pytest.mark.parametrize("temperature", [0.01, 0.1, 1.0])
def test_it_is_the_softmax_weighted_mean(rng: np.random.Generator, temperature: float) -> None:
    values = rng.random((4, 5, 6))
    expected = (softmax((1 - values.ravel()) / temperature) * values.ravel()).sum()
    assert soft_minimum(values, temperature) == pytest.approx(expected)


def test_a_worked_value() -> None:
    assert soft_minimum([0.0, 1.0]) == pytest.approx(1 / (1 + np.exp(10)))
    assert soft_minimum([0.4]) == pytest.approx(0.4)


def test_its_limits_are_the_minimum_and_the_mean(rng: np.random.Generator) -> None:
    values = rng.random(50)
    assert soft_minimum(values, 1e-6) == pytest.approx(values.min())
    assert soft_minimum(values, 1e6) == pytest.approx(values.mean())


@given(arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1)), st.floats(1e-3, 10))
def test_it_lies_between_the_minimum_and_the_mean(values: np.ndarray, temperature: float) -> None:
    found = soft_minimum(values, temperature)
    assert found is not None
    assert values.min() - 1e-9 <= found <= values.mean() + 1e-9


def test_nothing_has_none_and_a_wrong_temperature_is_told() -> None:
    assert soft_minimum([]) is None
    with pytest.raises(MedOptError, match="wrong temperature: expected above 0, found 0"):
        soft_minimum([0.5], 0.0)
