"""Bootstrap intervals over subjects: against scipy, in the known cases, and what they must never do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy import stats

from medopt import MedOptError
from medopt.validation import BootstrapSettings, bootstrap_difference, bootstrap_mean, bootstrap_median, resampling

PLAIN = BootstrapSettings(samples=20_000, small_sample=False)


def names(n):
    return [f"s{i:03d}" for i in range(n)]


@pytest.mark.parametrize("method", ["bca", "percentile"])
@pytest.mark.parametrize("n", [8, 40])
def test_as_scipy_when_every_subject_has_one_case(method, n, rng):
    values = rng.lognormal(1, 0.8, n)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=20_000, method=method, rng=3).confidence_interval
    ours = bootstrap_mean(values, names(n), PLAIN.model_copy(update={"method": method}))
    width = theirs.high - theirs.low
    assert ours.estimate == pytest.approx(values.mean())
    assert ours.low == pytest.approx(theirs.low, abs=0.03 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.03 * width)


def test_difference_of_two_groups_is_the_percentile_interval_of_scipy(rng):
    first, second = rng.lognormal(1, 0.8, 30), rng.lognormal(0.7, 0.5, 20)
    theirs = stats.bootstrap(
        (first, second),
        lambda a, b, axis=-1: a.mean(axis) - b.mean(axis),
        n_resamples=20_000,
        method="percentile",
        rng=3,
    ).confidence_interval
    ours = bootstrap_difference((first, names(30)), (second, names(20)), PLAIN)
    width = theirs.high - theirs.low
    assert ours.estimate == pytest.approx(first.mean() - second.mean())
    assert ours.low == pytest.approx(theirs.low, abs=0.04 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.04 * width)
    assert (ours.n, ours.n_subjects) == (20, 20)
    turned = bootstrap_difference((second, names(20)), (first, names(30)), PLAIN)
    assert [-turned.high, -turned.low] == pytest.approx([ours.low, ours.high], abs=0.04 * width)


def test_small_samples_get_the_width_of_a_t_interval(rng):
    values = rng.normal(10, 2, 7)
    plain = BootstrapSettings(method="percentile", samples=50_000, small_sample=False)
    narrow = bootstrap_mean(values, names(7), plain)
    wide = bootstrap_mean(values, names(7), plain.model_copy(update={"small_sample": True}))
    t = stats.t.interval(0.95, 6, values.mean(), stats.sem(values))
    assert wide.high - wide.low == pytest.approx(t[1] - t[0], rel=0.12)
    assert narrow.high - narrow.low < 0.85 * (t[1] - t[0])


def test_cases_of_a_subject_stay_together(rng):
    effect = rng.normal(0, 1, 20)
    values = np.repeat(effect, 10) + rng.normal(0, 0.01, 200)
    together = bootstrap_mean(values, np.repeat(names(20), 10).tolist())
    apart = bootstrap_mean(values, names(200))
    assert (together.n, together.n_subjects) == (200, 20)
    assert together.high - together.low > 2.5 * (apart.high - apart.low)
    one_each = bootstrap_mean(effect, names(20))
    assert together.high - together.low == pytest.approx(one_each.high - one_each.low, rel=0.05)


def test_the_mean_is_over_cases_not_subjects():
    assert bootstrap_mean([1.0, 1.0, 1.0, 5.0], ["a", "a", "a", "b"]).estimate == 2.0


@hypothesis_settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=5, max_size=25), st.integers(1, 25), st.sampled_from(["bca", "percentile"]))
def test_ordered_within_the_data_and_blind_to_the_order_of_cases(values, owners, method):
    subjects = [f"s{i % owners}" for i in range(len(values))]
    settings = BootstrapSettings(method=method, samples=300)
    found = bootstrap_mean(values, subjects, settings)
    assert found.estimate == pytest.approx(np.mean(values))
    if len(set(subjects)) < 5:
        assert found.low is None
        return
    assert min(values) - 1e-12 <= found.low <= found.high <= max(values) + 1e-12
    turned = bootstrap_mean(values[::-1], subjects[::-1], settings)
    assert turned == found


def test_seed_decides(rng):
    values = rng.normal(0, 1, 12)
    first, again = (bootstrap_mean(values, names(12), BootstrapSettings(seed=4)) for _ in range(2))
    other = bootstrap_mean(values, names(12), BootstrapSettings(seed=5))
    assert first == again
    assert (first.low, first.high) != (other.low, other.high)


def test_blocks_do_not_change_the_draw(rng, monkeypatch):
    values = rng.normal(0, 1, 12)
    whole = bootstrap_mean(values, names(12))
    monkeypatch.setattr(resampling, "BLOCK", 100)
    again = bootstrap_mean(values, names(12))
    assert (again.low, again.high) == pytest.approx((whole.low, whole.high), rel=1e-12)


@pytest.mark.parametrize("n", [7, 8, 31])
def test_median_and_its_interval(rng, n):
    values = rng.lognormal(1, 0.8, n)
    found = bootstrap_median(values, names(n), PLAIN)
    assert found.estimate == pytest.approx(np.median(values))
    drawn = np.median(rng.choice(values, (40_000, n)), axis=1)
    assert (found.low, found.high) == pytest.approx(np.quantile(drawn, (0.025, 0.975)), rel=0.1)
    assert bootstrap_median(values[::-1], names(n)[::-1], PLAIN) == found
    wide = bootstrap_median(values, names(n), PLAIN.model_copy(update={"small_sample": True}))
    assert wide.low <= found.low <= found.high <= wide.high


def test_median_resamples_subjects_with_all_their_cases(rng):
    values = np.repeat(rng.normal(0, 1, 20), 10) + rng.normal(0, 0.01, 200)
    together = bootstrap_median(values, np.repeat(names(20), 10).tolist())
    apart = bootstrap_median(values, names(200))
    assert (together.n, together.n_subjects) == (200, 20)
    assert together.high - together.low > 2 * (apart.high - apart.low)
    assert bootstrap_median([1.0] * 9, names(9)).low == 1.0
    assert bootstrap_median([], []).refused == "no case"
    few = bootstrap_median([1.0, 3.0], ["a", "b"])
    assert (few.estimate, few.low) == (2.0, None)
    assert "found 2" in few.refused


def test_equal_values_leave_no_width():
    found = bootstrap_mean([1.0] * 9, names(9))
    assert (found.low, found.high) == (1.0, 1.0)


def test_fewer_than_five_subjects_are_refused_with_the_reason():
    four = bootstrap_mean([0.1, 0.2, 0.3, 0.4, 0.5], ["a", "b", "c", "d", "d"])
    assert four.estimate == pytest.approx(0.3)
    assert four.low is None
    assert four.high is None
    assert four.refused == "too few subjects for an interval: expected at least 5, found 4"
    assert (four.n, four.n_subjects) == (5, 4)
    gap = bootstrap_difference(([1.0] * 9, names(9)), ([0.5] * 2, names(2)))
    assert gap.estimate == 0.5
    assert gap.low is None
    assert "found 2" in gap.refused


def test_no_case():
    nothing = bootstrap_mean([], [])
    assert nothing.estimate is None
    assert nothing.low is None
    assert nothing.n == 0
    assert nothing.refused == "no case"
    assert bootstrap_difference(([], []), ([1.0], ["a"])).estimate is None


def test_wrong_input():
    with pytest.raises(MedOptError, match="values and subjects do not fit: expected one subject a value"):
        bootstrap_mean([1.0, 2.0], ["a"])
    with pytest.raises(MedOptError, match="a value is not a number: found 2 of 3"):
        bootstrap_mean([1.0, float("nan"), float("inf")], ["a", "b", "c"])
    with pytest.raises(MedOptError, match="field 'method'"):
        BootstrapSettings.parse({"method": "jackknife"}, "settings")
