"""Ends of intervals and the p-values that go with them: many numbers at once as one at a time, and scipy's BCa."""

import numpy as np
import pytest
from scipy import stats

from medopt.validation import BootstrapSettings
from medopt.validation.interval import interval_ends, two_sided_p
from medopt.validation.resampling import draw_subjects

PLAIN = BootstrapSettings(samples=4000, small_sample=False)


def resampled(values, samples=4000, seed=3):
    """Means of the columns of ``values`` (subjects, numbers), their replicates and jackknife influences."""
    number = len(values)
    weights = draw_subjects(number, samples, np.random.default_rng(seed))
    return values.mean(axis=0), weights @ values / number, (values - values.mean(axis=0)) / (number - 1)


@pytest.mark.parametrize("method", ["bca", "percentile"])
@pytest.mark.parametrize("widened", [True, False])
def test_many_numbers_at_once_are_as_one_at_a_time(rng, method, widened):
    settings = BootstrapSettings(method=method, small_sample=widened)
    estimate, replicates, influence = resampled(rng.lognormal(0, 1, (15, 6)) * [1, 10, 0.1, 1, 1, 0])
    together = interval_ends(estimate, replicates, influence, 15, settings)
    assert together.shape == (2, 6)
    for n in range(6):
        alone = interval_ends(estimate[[n]], replicates[:, [n]], influence[:, [n]], 15, settings)
        np.testing.assert_allclose(together[:, [n]], alone)
    np.testing.assert_array_equal(together[:, 5], 0)  # all values are 0


def test_ends_are_those_of_scipy(rng):
    values = rng.lognormal(0, 1, 30)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=20_000, method="BCa", rng=5).confidence_interval
    estimate, replicates, influence = resampled(values[:, None], 20_000)
    low, high = interval_ends(estimate, replicates, influence, 30, PLAIN)[:, 0]
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=0.03 * (theirs.high - theirs.low))


def test_replicates_that_are_not_defined_are_passed_over(rng):
    estimate, replicates, influence = resampled(rng.normal(0, 1, (20, 1)))
    holed = np.insert(replicates, 100, np.nan, axis=0)
    found = interval_ends(estimate, holed, influence, 20, PLAIN)
    np.testing.assert_array_equal(found, interval_ends(estimate, replicates, influence, 20, PLAIN))
    np.testing.assert_allclose(
        two_sided_p(estimate, holed, influence, 20, PLAIN), two_sided_p(estimate, replicates, influence, 20, PLAIN)
    )


@pytest.mark.parametrize("method", ["bca", "percentile"])
@pytest.mark.parametrize("widened", [True, False])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_p_is_small_exactly_where_the_interval_leaves_out_zero(rng, method, widened, level):
    settings = BootstrapSettings(method=method, small_sample=widened, level=level)
    values = rng.lognormal(0, 0.8, (25, 400)) - np.exp(0.32) + rng.normal(0, 0.25, 400)
    estimate, replicates, influence = resampled(values)
    low, high = interval_ends(estimate, replicates, influence, 25, settings)
    p = two_sided_p(estimate, replicates, influence, 25, settings)
    outside = (low > 0) | (high < 0)
    sure = np.abs(p - (1 - level)) > 0.004  # else it hangs on one replicate
    assert 20 < outside.sum() < 380
    np.testing.assert_array_equal(outside[sure], (p < 1 - level)[sure])


def test_p_of_means_is_near_that_of_student(rng):
    values = rng.normal(0, 1, (40, 200)) + rng.normal(0, 0.2, 200)
    estimate, replicates, influence = resampled(values)
    p = two_sided_p(estimate, replicates, influence, 40, BootstrapSettings())
    assert np.median(np.abs(p - stats.ttest_1samp(values, 0).pvalue)) < 0.02


def test_p_has_a_least_value_and_is_one_for_no_difference():
    one = np.ones((9, 2)) * [1.0, 0.0] + np.linspace(-0.1, 0.1, 9)[:, None] * [1, 0]
    estimate, replicates, influence = resampled(one)
    assert two_sided_p(estimate, replicates, influence, 9, PLAIN).tolist() == [1 / 4000, 1.0]


def test_each_subject_is_drawn_once_on_average_and_all_places_are_filled():
    weights = draw_subjects(7, 5000, np.random.default_rng(1))
    assert (weights.sum(axis=1) == 7).all()
    np.testing.assert_allclose(weights.mean(axis=0), 1, atol=0.06)
    np.testing.assert_allclose(weights.var(axis=0), 6 / 7, atol=0.06)  # binomial
