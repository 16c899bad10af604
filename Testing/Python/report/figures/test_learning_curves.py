"""The running mean of the loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt.report.figures.learning_curves import running_mean


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40), st.integers(1, 10))
def test_means_of_the_values_around(values: list[float], width: int) -> None:
    expected = [np.mean(values[max(0, n - width) : n + width + 1]) for n in range(len(values))]
    assert running_mean(values, width) == pytest.approx(expected, abs=1e-9)
