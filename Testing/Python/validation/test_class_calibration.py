"""Points of a reliability diagram with intervals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from medopt.validation.class_calibration import reliability_points


def test_every_bin_has_its_share_and_the_interval_of_independent_cases() -> None:
    rng = np.random.default_rng(1)
    sure = rng.random(300)
    truth = rng.random(300) < sure
    points = reliability_points(truth, sure, [f"s{n}" for n in range(300)])
    assert len(points) == 10
    for point in points:
        here = (sure > point.low) & (sure <= point.high)
        oracle = binomtest(int(truth[here].sum()), int(here.sum())).proportion_ci(method="wilson")
        assert point.given == pytest.approx(sure[here].mean())
        assert (point.true.estimate, point.true.low, point.true.high) == pytest.approx(
            (truth[here].mean(), oracle.low, oracle.high)
        )
        assert point.true.n == here.sum()


def test_cases_of_one_subject_are_resampled_together() -> None:
    rng = np.random.default_rng(2)
    sure = np.repeat(rng.uniform(0.41, 0.49, 20), 10)
    truth = np.repeat(rng.random(20) < 0.5, 10)
    (point,) = [p for p in reliability_points(truth, sure, np.repeat(np.arange(20), 10).astype(str)) if p.true.n]
    assert (point.true.n, point.true.n_subjects) == (200, 20)
    # 20 subjects that are all or nothing are 20 tosses of a coin
    assert point.true.high - point.true.low == pytest.approx(2 * 2.1 * 0.5 / np.sqrt(20), rel=0.2)


def test_empty_bins_and_bins_with_few_subjects() -> None:
    points = reliability_points([True] * 3 + [False] * 6, [0.95] * 3 + [0.05] * 6, [f"s{n}" for n in range(9)])
    assert points[9].true.estimate == 1.0
    assert points[9].true.low is None
    assert points[9].true.refused == "too few subjects for an interval: expected at least 5, found 3"
    assert points[0].true.low == 0.0
    assert (points[4].given, points[4].true.estimate, points[4].true.refused) == (None, None, "no case")
    assert [p.true.n for p in reliability_points([], [], [])] == [0] * 10
