"""Wilson's interval: published numbers, scipy, and that it stays within 0 to 1."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm, t

from medopt.metrics import clustered_wilson, wilson_interval


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


def test_copies_of_a_case_tell_nothing_new() -> None:
    hits = np.array([1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1])
    assert clustered_wilson(5 * hits, np.full(12, 5)) == pytest.approx(clustered_wilson(hits, np.ones(12)))


def test_many_independent_cases_have_the_plain_interval() -> None:
    rng = np.random.default_rng(1)
    numbers = rng.integers(1, 6, 4000)
    hits = rng.binomial(numbers, 0.8)
    assert clustered_wilson(hits, numbers) == pytest.approx(wilson_interval(hits.sum(), numbers.sum()), abs=0.003)


def test_with_all_or_none_right_each_subject_counts_once() -> None:
    low, high = clustered_wilson([4, 2, 3, 4, 5, 1], [4, 2, 3, 4, 5, 1])
    assert high == 1.0
    n = 6 * (norm.ppf(0.975) / t.ppf(0.975, 5)) ** 2
    assert low == pytest.approx(n / (n + norm.ppf(0.975) ** 2))  # Wilson's lower end for n of n
    assert clustered_wilson([0] * 6, [4, 2, 3, 4, 5, 1]) == pytest.approx((0.0, 1 - low))


def test_the_number_of_cases_is_that_of_the_variance_between_subjects() -> None:
    hits, cases = np.array([3, 4, 1, 4, 2, 4, 0, 4]), np.full(8, 4)
    share = hits.sum() / 32
    worth = share * (1 - share) / (np.var(hits / 4, ddof=1) / 8)  # equal clusters: the variance of a mean
    worth *= (norm.ppf(0.975) / t.ppf(0.975, 7)) ** 2
    z = norm.ppf(0.975)
    roots = np.roots([1 + z**2 / worth, -(2 * share + z**2 / worth), share**2])  # (p - share)² = z² p (1 - p) / n
    assert clustered_wilson(hits, cases) == pytest.approx(sorted(roots))


def test_one_subject_has_no_interval() -> None:
    assert clustered_wilson([3], [4]) is None
    assert clustered_wilson([3, 0], [4, 0]) is None
