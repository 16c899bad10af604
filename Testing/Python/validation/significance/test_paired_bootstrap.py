"""The paired bootstrap: interval and p-value belong together."""

import numpy as np
import pytest
from scipy import stats

from medopt.validation import BootstrapSettings, bootstrap_mean
from medopt.validation.resampling import resample
from medopt.validation.significance import bootstrap_test, paired_bootstrap

NAMES = [f"s{n:02d}" for n in range(40)]


def test_near_the_paired_t_test(rng):
    first = rng.normal(0, 1, 40)
    second = first + rng.normal(0.2, 0.5, 40)
    found = paired_bootstrap(first, second, NAMES)
    assert found.p_value == pytest.approx(stats.ttest_rel(first, second).pvalue, abs=0.02)
    assert (found.test, found.n) == ("bootstrap", 40)
    assert paired_bootstrap(second, first, NAMES).p_value == pytest.approx(found.p_value, abs=0.01)


def test_it_agrees_with_the_interval_of_the_difference(rng):
    for shift in np.linspace(0, 0.4, 12):
        difference = rng.lognormal(0, 0.5, 40) - np.exp(0.125) + shift
        interval = bootstrap_mean(difference, NAMES)
        p = paired_bootstrap(np.zeros(40), difference, NAMES).p_value
        assert (p < 0.05) == (interval.low > 0 or interval.high < 0)


def test_any_number_may_be_compared(rng):
    a, b = rng.normal(0, 1, 40), rng.normal(2, 1, 40)

    def ratio(weights):
        return np.stack([(weights @ b - weights @ a) / weights.sum(axis=1), np.full(len(weights), np.nan)], 1)

    (far, (_, undefined)) = bootstrap_test(resample(ratio, NAMES), [40, 40], [40, 40])
    assert far[0].low > 0
    assert far[1].p_value < 0.001
    assert (undefined.p_value, undefined.refused) == (None, "not defined for these cases")


def test_subjects_are_what_counts(rng):
    shift = rng.normal(0.3, 1, 10)
    values = np.repeat(shift, 20)
    apart = paired_bootstrap(np.zeros(200), values, [f"c{n}" for n in range(200)])
    together = paired_bootstrap(np.zeros(200), values, np.repeat(NAMES[:10], 20).tolist())
    assert together.p_value > apart.p_value
    assert together.n == 10


def test_refused_and_least():
    assert "found 4" in paired_bootstrap(np.zeros(4), np.ones(4), list("abcd")).refused
    assert paired_bootstrap([], [], []).refused == "no case"
    far = paired_bootstrap(np.zeros(40), np.linspace(1, 1.1, 40), NAMES, BootstrapSettings(samples=1000))
    assert 0.001 <= far.p_value < 0.003
    assert paired_bootstrap(np.ones(9), np.ones(9), list("abcdefghi")).p_value == 1.0
