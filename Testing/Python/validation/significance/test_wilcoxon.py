"""Signed ranks: against scipy, all sign patterns, and by subject."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from medopt import MedOptError
from medopt.validation.significance import wilcoxon


def signed_ranks(differences, subjects=None):
    values = np.asarray(differences, float)
    return wilcoxon(np.zeros(len(values)), values, subjects or [f"s{n}" for n in range(len(values))])


@pytest.mark.parametrize("n", [5, 12, 50])
def test_exact_as_scipy(rng, n):
    values = rng.normal(0.3, 1, n)
    assert signed_ranks(values).p_value == pytest.approx(stats.wilcoxon(values, method="exact").pvalue)
    assert signed_ranks(-values).p_value == pytest.approx(signed_ranks(values).p_value)
    assert signed_ranks(values).n == n


@pytest.mark.parametrize("n", [80, 300])
def test_many_subjects_as_scipy_with_ties(rng, n):
    values = np.round(rng.normal(0.1, 1, n), 1)
    expected = stats.wilcoxon(values[values != 0], method="approx", correction=False).pvalue
    assert signed_ranks(values).p_value == pytest.approx(expected)


def test_exact_with_ties_and_zeros_as_all_sign_patterns():
    values = np.array([1.0, -1.0, 2.0, 2.0, 2.0, -3.0, 4.0, 0.0, 5.0])
    there = values[values != 0]
    ranks = stats.rankdata(np.abs(there))
    sums = np.array([ranks[np.array(signs)].sum() for signs in product([False, True], repeat=len(there))])
    found = ranks[there > 0].sum()
    expected = min(1, 2 * min((sums <= found).mean(), (sums >= found).mean()))
    assert signed_ranks(values).p_value == pytest.approx(expected)


def test_subjects_count_and_not_cases():
    differences = [0.1, 0.3, -0.1, 0.2, 0.4, 0.5, 0.6, 0.7]
    means = [0.2, -0.1, 0.2, 0.4, 0.5, 0.6, 0.7]
    by_subject = signed_ranks(differences, list("aabcdefg"))
    assert by_subject == signed_ranks(means)
    assert by_subject.n == 7


def test_no_difference_and_too_few_subjects():
    assert signed_ranks([0.0, 1e-15] * 4).p_value == 1.0
    few = signed_ranks([1.0] * 8, list("aabbccdd"))
    assert few.p_value is None
    assert "expected at least 5, found 4" in few.refused
    with pytest.raises(MedOptError, match="the pairs do not fit"):
        wilcoxon([1.0], [1.0, 2.0], ["a", "b"])


def test_level_when_nothing_differs(rng):
    small = [signed_ranks(rng.normal(0, 1, 20)).p_value < 0.05 for _ in range(1000)]
    assert 0.03 < np.mean(small) < 0.071  # 0.05 and three standard errors; the exact level is 0.048
