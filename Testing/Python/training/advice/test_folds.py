"""k and its consequences, against scipy's interval of a mean."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from medopt.training.advice.folds import choose_folds, half_width


@pytest.mark.parametrize("n", [2, 5, 40, 195])
def test_the_width_is_that_of_students_interval(n: int) -> None:
    low, high = stats.t.interval(0.95, n - 1, loc=0, scale=0.05 / np.sqrt(n))
    assert half_width(n, 0.05) == pytest.approx((high - low) / 2)


def test_one_subject_has_no_interval_and_no_folds() -> None:
    assert half_width(1, 0.05) is None
    assert choose_folds("segmentation", 1, 0, 10) is None


def test_five_folds_and_what_they_mean() -> None:
    reason = choose_folds("segmentation", 156, 39, 5)
    assert reason is not None
    assert (reason.value, reason.rule, reason.field) == (5, "folds.five", "folds")
    assert reason.figures["training_share"] == 0.8
    assert reason.figures["minutes_in_all"] == 25
    assert reason.figures["half_width"] == pytest.approx(0.0079, abs=1e-4)
    assert reason.figures["half_width_on_the_test_part"] == pytest.approx(0.0162, abs=1e-4)
    assert "25 minutes in all" in reason.why


def test_few_subjects_are_left_out_one_by_one() -> None:
    reason = choose_folds("detection", 3, 1, None)
    assert reason is not None
    assert (reason.value, reason.rule) == (3, "folds.leave_one_out")
    assert reason.figures["training_share"] == 0.667
    assert "minutes" not in reason.why
