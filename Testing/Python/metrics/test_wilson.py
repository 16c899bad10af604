"""Wilson's interval: published numbers, scipy, and that it stays within 0 to 1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from medopt.metrics import wilson_interval


@given(st.integers(0, 200), st.integers(1, 200), st.sampled_from([0.8, 0.95, 0.99]))
def test_equal_to_scipy(successes: int, n: int, level: float) -> None:
    successes = min(successes, n)
    oracle = binomtest(successes, n).proportion_ci(level, method="wilson")
    found = wilson_interval(successes, n, level)
    assert found == pytest.approx((oracle.low, oracle.high), abs=1e-12)
    assert found is not None
    assert 0 <= found[0] <= successes / n <= found[1] <= 1


def test_published_numbers() -> None:
    # Newcombe, Stat Med 1998;17:857-872, table I, method 3
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_without_cases_there_is_none() -> None:
    assert wilson_interval(0, 0) is None
