"""The consequences of k, against hand calculation and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from medopt import MedOptError
from medopt.training.folds import plan_folds


def test_shares_models_and_time() -> None:
    three, five, ten = plan_folds(100, (10, 3, 5), minutes=4.0, jobs=2)
    assert [p.k for p in (three, five, ten)] == [3, 5, 10]
    assert five.held_out_subjects == 20
    assert five.training_subjects == pytest.approx(72)  # 80 of 100, less a tenth that chooses the checkpoint
    assert five.training_share == pytest.approx(0.72)
    assert (five.models, five.minutes, ten.minutes) == (5, 12.0, 20.0)
    assert three.training_share < five.training_share < ten.training_share
    assert three.half_width == five.half_width == ten.half_width
    assert three.fold_half_width < five.fold_half_width < ten.fold_half_width  # type: ignore[operator]
    assert plan_folds(100, (5,), repeats=3)[0].models == 15


def test_the_interval_is_that_of_students_t() -> None:
    (plan,) = plan_folds(24, (4,), spread=0.08)
    low, high = stats.t.interval(0.95, 23, loc=0, scale=0.08 / math.sqrt(24))
    assert plan.half_width == pytest.approx((high - low) / 2)
    values = np.array([-1.0, 1.0] * 12)
    values *= 0.08 / values.std(ddof=1)
    own = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert plan.half_width == pytest.approx(own.high)


def test_what_the_subjects_do_not_allow_is_left_out() -> None:
    assert [plan.k for plan in plan_folds(6, (3, 5, 10))] == [3, 5]
    (loo,) = plan_folds(5, (5,))
    assert loo.fold_half_width is None
    with pytest.raises(MedOptError, match="found 2 subjects, k of 3, 5, 10"):
        plan_folds(2)


def test_steps_have_no_minutes() -> None:
    assert plan_folds(30)[0].minutes is None
