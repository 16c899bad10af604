"""Limits of agreement, beside the paper that introduced them."""

from __future__ import annotations

import numpy as np
import pytest

from medopt import MedOptError
from medopt.validation import BootstrapSettings
from medopt.validation.bland_altman import agreement_limits

LARGE = (494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427)
SMALL = (512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451)
"""Peak flow of 17 people by two meters, l/min (Bland & Altman, Lancet 1986;327:307-310, table)."""


def names(n: int) -> list[str]:
    return [f"s{i:03d}" for i in range(n)]


def test_the_paper() -> None:
    found = agreement_limits(np.subtract(LARGE, SMALL), names(17))
    assert found.bias.estimate == pytest.approx(-2.1, abs=0.05)
    # the paper takes 2 standard deviations of 38.8 and finds -79.7 and 75.5
    assert found.lower.estimate == pytest.approx(-2.118 - 1.96 * 38.765, abs=0.01)
    assert found.upper.estimate == pytest.approx(-2.118 + 1.96 * 38.765, abs=0.01)
    # its intervals by the t distribution: -22.0 to 17.8, -114.3 to -45.1, 40.9 to 110.1
    assert (found.bias.low, found.bias.high) == pytest.approx((-22.0, 17.8), abs=4)
    for part, low, high in ((found.lower, -114.3, -45.1), (found.upper, 40.9, 110.1)):
        # a bootstrap of 17 may differ by a third of the width
        assert (part.low, part.high) == pytest.approx((low, high), abs=35)
        assert part.high - part.low > 60


def test_limits_move_and_scale_with_the_differences() -> None:
    some = np.random.default_rng(3).normal(0, 1, 30)
    one, other = agreement_limits(some, names(30)), agreement_limits(5 - 2 * some, names(30))
    assert other.bias.estimate == pytest.approx(5 - 2 * one.bias.estimate)
    for mine, mirrored in ((other.lower, one.upper), (other.upper, one.lower)):
        assert (mine.estimate, mine.low, mine.high) == pytest.approx(
            (5 - 2 * mirrored.estimate, 5 - 2 * mirrored.high, 5 - 2 * mirrored.low)
        )


def test_many_cases_have_the_interval_of_the_formula() -> None:
    n = 2000
    some = np.random.default_rng(5).normal(0.4, 1.5, n)
    found = agreement_limits(some, names(n), BootstrapSettings(samples=1000))
    error = some.std(ddof=1) * np.sqrt(1 / n + 1.96**2 / (2 * (n - 1)))  # Bland & Altman, of normal differences
    for part in (found.lower, found.upper):
        assert part.high - part.low == pytest.approx(2 * 1.96 * error, rel=0.12)


def test_cases_of_one_subject_make_intervals_wider() -> None:
    rng = np.random.default_rng(8)
    some = np.repeat(rng.normal(0, 1, 30), 6) + rng.normal(0, 0.1, 180)
    apart = agreement_limits(some, names(180))
    together = agreement_limits(some, np.repeat(names(30), 6))
    assert together.upper.estimate == apart.upper.estimate
    assert together.upper.high - together.upper.low > 1.7 * (apart.upper.high - apart.upper.low)


def test_few_and_equal_cases() -> None:
    none = agreement_limits([], [])
    assert (none.bias.estimate, none.lower.estimate, none.upper.refused) == (
        None,
        None,
        "too few cases for limits of agreement: expected at least 2, found 0",
    )
    assert agreement_limits([2.0], ["a"]).upper.estimate is None
    few = agreement_limits([1.0, 2.0, 4.0], names(3))
    assert few.upper.estimate == pytest.approx(7 / 3 + 1.959964 * np.std([1, 2, 4], ddof=1))
    assert (few.upper.low, few.bias.low) == (None, None)
    assert few.upper.refused == "too few subjects for an interval: expected at least 5, found 3"
    equal = agreement_limits([0.5] * 8, names(8))
    assert [(p.low, p.estimate, p.high) for p in (equal.bias, equal.lower, equal.upper)] == [(0.5, 0.5, 0.5)] * 3
    hardly = agreement_limits([0.0] * 19 + [1.0], names(20))
    assert hardly.lower.low is None
    assert hardly.lower.refused == "the differences hardly vary"


def test_wrong_input() -> None:
    with pytest.raises(MedOptError, match="do not fit"):
        agreement_limits([1.0, 2.0], ["a"])
    with pytest.raises(MedOptError, match="not a number"):
        agreement_limits([1.0, np.nan], ["a", "b"])
