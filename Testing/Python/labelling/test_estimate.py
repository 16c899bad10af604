"""Means with intervals: coverage by simulation, and subjects drawn with all their cases."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.labelling.estimate import Estimate, estimate_difference, estimate_mean


def test_the_interval_covers_the_truth_about_as_often_as_it_says(rng: np.random.Generator) -> None:
    hits = 0
    for _ in range(200):
        found = estimate_mean(rng.exponential(2.0, 40), [str(n) for n in range(40)])
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 2.0 <= found.high
    assert 0.86 < hits / 200 < 0.99


def test_a_subject_with_many_cases_widens_the_interval() -> None:
    values = np.repeat(np.arange(8.0), 5)
    apart = estimate_mean(values, [str(n) for n in range(40)])
    together = estimate_mean(values, np.repeat(list("abcdefgh"), 5).tolist())
    assert apart is not None
    assert together is not None
    assert apart.mean == together.mean == 3.5
    assert together.high - together.low > 1.8 * (apart.high - apart.low)  # type: ignore[operator]


def test_few_subjects_have_no_interval_and_nothing_no_mean() -> None:
    assert estimate_mean([1.0, 3.0], ["a", "b"]) == Estimate(2.0, None, None, 2)
    assert estimate_mean([], []) is None
    assert estimate_difference([], [], [1.0], ["a"]) is None
    assert estimate_difference([3.0], ["b"], [1.0], ["a"]) == Estimate(2.0, None, None, 2)


def test_a_difference_of_two_groups(rng: np.random.Generator) -> None:
    one, two = rng.normal(0.9, 0.05, 60), rng.normal(0.8, 0.05, 60)
    names = [str(n) for n in range(60)]
    found = estimate_difference(one, names, two, names)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.mean == pytest.approx(one.mean() - two.mean())
    width = 2 * 1.96 * np.sqrt(one.var(ddof=1) / 60 + two.var(ddof=1) / 60)  # the normal approximation
    assert found.high - found.low == pytest.approx(width, rel=0.1)


def test_as_text() -> None:
    assert Estimate(0.8741, 0.8612, 0.8849, 40).text() == "0.874 [0.861, 0.885]"
    assert Estimate(12.4, None, None, 3).text(0) == "12"
    assert Estimate(0.5, 0.25, 0.75, 9).times(100).text(0) == "50 [25, 75]"
    assert Estimate(0.5, None, None, 9).times(2) == Estimate(1.0, None, None, 9)
