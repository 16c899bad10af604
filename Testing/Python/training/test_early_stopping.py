"""A training ends early only when it surely gains nothing, and then still runs through its schedule."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from medopt.training.early_stopping import Ending, Look, Stagnation, stagnation
from medopt.training.running_settings import EarlyStoppingSettings

RULE = EarlyStoppingSettings(patience=0.25, gain=0.003, ending=0.1)


def looks(
    means: list[float], *, until: float = 0.5, cases: int = 20, noise: float = 0.002, seed: int = 0
) -> list[Look]:
    """Validations evenly up to ``until``, of cases that differ much from each other and jump by ``noise``."""
    rng = np.random.default_rng(seed)
    each = rng.normal(0, 0.1, cases)
    found = []
    for n, mean in enumerate(means, start=1):
        scores = mean + each + rng.normal(0, noise, cases)
        found.append(Look(until * n / len(means), {f"c{i}": float(s) for i, s in enumerate(scores)}))
    return found


FLAT = [0.5, 0.7, 0.8, *[0.85] * 7]


def test_a_flat_curve_is_told_with_its_figures() -> None:
    curve = looks(FLAT)
    found = stagnation(curve, RULE)
    assert isinstance(found, Stagnation)
    assert (found.share, found.cases) == (0.5, 20)
    assert "of 20 cases gained" in found.reason
    assert "less than 0.003" in found.reason
    # the bound is that of a paired one-sided t-test of the two halves
    recent = curve[-6:]
    before, after = (
        np.array([[look.scores[f"c{i}"] for i in range(20)] for look in half]).mean(0)
        for half in (recent[:3], recent[3:])
    )
    interval = stats.ttest_rel(after, before).confidence_interval(0.90)  # 5 % on either side
    assert found.bound == pytest.approx(interval.high)
    assert found.gain == pytest.approx((after - before).mean())


def test_a_curve_that_rises_goes_on() -> None:
    assert stagnation(looks([0.5 + 0.02 * n for n in range(10)]), RULE) is None


def test_a_curve_that_falls_ends() -> None:
    assert stagnation(looks([0.9 - 0.01 * n for n in range(10)]), RULE) is not None


def test_within_the_noise_nothing_ends() -> None:
    assert stagnation(looks(FLAT, noise=0.05), RULE) is None
    assert stagnation(looks(FLAT, cases=2), RULE) is None


@pytest.mark.parametrize("gain", [0.003, 0.006])
def test_a_gain_that_is_worth_it_is_cut_off_in_five_of_a_hundred_at_most(gain: float) -> None:
    # over the patience each case gains ``gain`` on average, so its two halves differ by the half of the last 6 looks
    rule = EarlyStoppingSettings(patience=0.25, gain=0.003)
    step = gain / 3
    curves = [looks([0.8 + step * n for n in range(10)], cases=12, noise=0.006, seed=seed) for seed in range(300)]
    ended = sum(stagnation(curve, rule) is not None for curve in curves)
    assert ended <= 0.05 * 300 + 3 * np.sqrt(300 * 0.05 * 0.95)


def test_it_is_patient_at_the_start_and_lets_go_at_the_end() -> None:
    assert stagnation(looks(FLAT, until=0.2), RULE) is None
    assert stagnation(looks(FLAT, until=0.79), RULE) is not None
    assert stagnation(looks(FLAT, until=0.81), RULE) is None
    assert stagnation([], RULE) is None
    assert stagnation(looks([0.8, 0.8, 0.8]), RULE) is None


def test_cases_that_are_not_in_every_look_do_not_count() -> None:
    curve = looks(FLAT)
    last = {name: score for name, score in curve[-1].scores.items() if name != "c3"}
    found = stagnation([*curve[:-1], Look(0.5, {**last, "new": 0.1})], RULE)
    assert found is not None
    assert found.cases == 19


def test_without_scores_of_cases_nothing_ends() -> None:
    assert stagnation([Look(0.05 * n, {}) for n in range(1, 11)], RULE) is None


@given(st.floats(0.05, 0.85), st.floats(0.02, 0.14), st.lists(st.floats(0, 1), min_size=2, max_size=10))
def test_an_ending_runs_through_the_rest_of_the_schedule(at: float, length: float, shares: list[float]) -> None:
    ending = Ending(at, at + length)
    along = [ending.along(share) for share in sorted(shares)]
    assert along == sorted(along)
    assert ending.along(at) == at
    assert ending.along(at + length) == 1.0
    assert ending.along(at + length / 2) == pytest.approx((at + 1) / 2)
    assert all(ending.along(share) == share for share in shares if share <= at)
    assert all(0 <= one <= 1 for one in along)
    assert ending.over(at + length)
    assert not ending.over(at + length * 0.99)


def test_an_ending_begins_where_the_stagnation_was_found() -> None:
    found = stagnation(looks(FLAT), RULE)
    assert found is not None
    assert Ending.after(found, RULE) == Ending(0.5, 0.6)
