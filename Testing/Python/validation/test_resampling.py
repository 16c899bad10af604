"""Resampled statistics: those of means equal the bootstrap of means; intervals are refused where they mean nothing."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.validation import BootstrapSettings, bootstrap_mean
from medopt.validation.resampling import intervals, resample

SETTINGS = BootstrapSettings(samples=4000)


def mean_of(values: np.ndarray):
    return lambda weights: ((weights @ values) / weights.sum(axis=1))[:, None]


def test_a_mean_has_the_interval_of_the_bootstrap_of_means() -> None:
    rng = np.random.default_rng(2)
    values, subjects = rng.gamma(2, 1, 60), [f"s{n // 2}" for n in range(60)]
    settings = BootstrapSettings(samples=40_000)
    sample = resample(mean_of(values), subjects, settings)
    (found,) = intervals(sample, [60], [30], settings)
    expected = bootstrap_mean(values, subjects, settings)
    assert found.estimate == pytest.approx(expected.estimate)
    # of two independent sets of resamples
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.02)


def test_the_same_seed_gives_the_same_numbers_in_blocks_of_any_size() -> None:
    values, subjects = np.arange(12.0), [f"s{n:02d}" for n in range(12)]
    one = resample(mean_of(values), subjects, SETTINGS)
    other = resample(mean_of(values), subjects, SETTINGS)
    np.testing.assert_array_equal(one.replicates, other.replicates)
    small = resample(mean_of(values), subjects, SETTINGS, width=1_000_000)
    assert small.replicates.shape == one.replicates.shape
    np.testing.assert_allclose(small.influence, one.influence)
    np.testing.assert_allclose(one.influence[:, 0], (values - values.mean()) / 11)


def test_intervals_are_refused_with_the_reason() -> None:
    def statistic(weights: np.ndarray) -> np.ndarray:
        rare = np.where(weights[:, 0] > 0, weights[:, 0], np.nan)
        return np.stack([weights.sum(axis=1), rare, np.full(len(weights), np.nan)], 1)

    sample = resample(statistic, [f"s{n}" for n in range(6)], SETTINGS)
    sure, rare, never = intervals(sample, [6, 6, 6], [4, 6, 6], SETTINGS)
    assert sure.refused == "too few subjects for an interval: expected at least 5, found 4"
    assert "defined in 6" in rare.refused
    assert (rare.estimate, rare.low) == (1, None)
    assert (never.estimate, never.refused) == (None, "not defined for these cases")


def test_differences_of_two_samples() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(1, 0.2, 40), rng.normal(0.4, 0.2, 30)
    one = resample(mean_of(a), [f"a{n}" for n in range(40)], SETTINGS)
    other = resample(mean_of(b), [f"b{n}" for n in range(30)], SETTINGS.model_copy(update={"seed": 2}))
    (found,) = intervals(one.minus(other), [30], [30], SETTINGS)
    assert found.estimate == pytest.approx(a.mean() - b.mean())
    spread = np.sqrt(a.var() / 40 + b.var() / 30)
    assert found.high - found.low == pytest.approx(2 * 2.05 * spread, rel=0.1)
