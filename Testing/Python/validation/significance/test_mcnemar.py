"""McNemar's exact test against the binomial test."""

import numpy as np
import pytest
from scipy import stats

from medopt.validation.significance import mcnemar


def pairs(lost, won, same=10):
    first = np.array([True] * lost + [False] * won + [True] * same)
    second = np.array([False] * lost + [True] * won + [True] * same)
    return first, second, [f"s{n}" for n in range(len(first))]


@pytest.mark.parametrize(("lost", "won"), [(1, 8), (8, 1), (0, 6), (5, 5), (3, 4), (40, 70)])
def test_as_the_binomial_test(lost, won):
    expected = stats.binomtest(lost, lost + won, 0.5).pvalue
    assert mcnemar(*pairs(lost, won)).p_value == pytest.approx(expected)


def test_agreement_and_refusals():
    assert mcnemar(*pairs(0, 0)).p_value == 1.0
    assert "found 4" in mcnemar(*pairs(2, 2, 0)).refused
    first, second, subjects = pairs(3, 3)
    assert "several cases" in mcnemar(first, second, [*subjects[:-1], subjects[0]]).refused
