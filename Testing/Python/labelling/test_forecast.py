"""The effort left: robust against breaks, and with an interval that holds what then comes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats.mstats import winsorize

from medopt.labelling.acceptances import Acceptance
from medopt.labelling.forecast import LAST, forecast_effort, winsorized

Make = Callable[..., Acceptance]


def test_hours_are_cases_times_seconds(accepted: Make) -> None:
    found = forecast_effort([accepted(n, seconds=90.0) for n in range(10)], 40)
    assert found is not None
    assert (found.hours, found.seconds, found.cases, found.n) == (1.0, 90.0, 40, 10)
    assert (found.low, found.high) == (1.0, 1.0)  # all took the same


def test_a_break_for_lunch_counts_little(accepted: Make) -> None:
    times = [60.0] * 19 + [3600.0]
    found = forecast_effort([accepted(n, seconds=t) for n, t in enumerate(times)], 60)
    assert found is not None
    assert found.hours == pytest.approx(1.0)


def test_only_the_last_cases_count_and_blind_ones_not(accepted: Make) -> None:
    slow = [accepted(n, seconds=600.0) for n in range(20)]
    fast = [accepted(n, seconds=30.0) for n in range(20, 20 + LAST)]
    blind = [accepted(n, seconds=900.0, blind=True) for n in range(60, 70)]
    untimed = [accepted(99, seconds=None)]
    found = forecast_effort([*untimed, *fast, *slow, *blind], 10)
    assert found is not None
    assert (found.seconds, found.n) == (30.0, LAST)
    only = forecast_effort(blind, 10)
    assert only is not None
    assert only.seconds == 900.0


def test_cases_without_proposals_and_of_early_rounds_are_left_out_once_others_suffice(accepted: Make) -> None:
    nothing = [accepted(n, round=0, seconds=600.0) for n in range(10)]
    early = [accepted(10 + n, round=1, seconds=300.0) for n in range(10)]
    late = [accepted(20 + n, round=3 - n % 2, seconds=30.0) for n in range(5)]
    found = forecast_effort([*nothing, *early, *late], 10)
    assert found is not None
    assert (found.seconds, found.n) == (30.0, 5)
    found = forecast_effort([*nothing, *late[:4]], 10)
    assert found is not None
    assert found.n == 14


def test_nothing_timed_no_forecast_and_few_subjects_no_interval(accepted: Make) -> None:
    assert forecast_effort([accepted(1, seconds=None)], 10) is None
    assert forecast_effort([], 10) is None
    few = forecast_effort([accepted(n) for n in range(4)], 10)
    assert few is not None
    assert (few.low, few.high) == (None, None)


@pytest.mark.parametrize("left", [10, 100])
def test_the_interval_holds_what_then_comes(accepted: Make, left: int, rng: np.random.Generator) -> None:
    hits = 0
    for _ in range(150):
        times = rng.gamma(4.0, 15.0, LAST)
        found = forecast_effort([accepted(n, seconds=float(t)) for n, t in enumerate(times)], left)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= rng.gamma(4.0, 15.0, left).sum() / 3600 <= found.high
    assert hits / 150 > 0.8  # winsorizing shortens it a little


@pytest.mark.parametrize("n", [1, 5, 10, 29, 30])
def test_winsorized_as_scipy_has_it(n: int, rng: np.random.Generator) -> None:
    values = rng.exponential(60, n)
    np.testing.assert_allclose(winsorized(values), winsorize(values, (0.1, 0.1)))
