"""DeLong's test as a test of two models; its figures are tested with the metric."""

import numpy as np
import pytest

from medopt.metrics import delong_difference
from medopt.validation.significance import delong


def made(n, seed=1):
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % 2 == 0
    common = rng.normal(0, 1, n) + truth
    return truth, common + rng.normal(0, 1, n), common + rng.normal(0, 1, n), [f"s{i}" for i in range(n)]


def test_p_is_that_of_the_metric():
    truth, first, second, subjects = made(60)
    found = delong(truth, first, second, subjects)
    assert found.p_value == pytest.approx(delong_difference(truth, first, second).p)
    assert (found.test, found.n, found.refused) == ("delong", 60, "")


def test_refused_for_dependent_cases_and_for_few():
    truth, first, second, subjects = made(60)
    assert "several cases" in delong(truth, first, second, [*subjects[:-1], subjects[0]]).refused
    few = delong(*made(8))
    assert few.p_value is None
    assert "expected at least 5, found 4" in few.refused
