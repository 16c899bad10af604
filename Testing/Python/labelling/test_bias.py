"""Automation bias from blind cases and from proposals that were wrong on purpose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from medopt.labelling.acceptances import Acceptance
from medopt.labelling.bias import measure_bias

Make = Callable[..., Acceptance]


def test_following_the_proposal_shows_as_a_difference_above_nothing(accepted: Make, rng: np.random.Generator) -> None:
    shown = [accepted(n, score=float(s)) for n, s in enumerate(rng.normal(0.95, 0.02, 40))]
    blind = [
        accepted(100 + n, score=float(s), blind=True, shown=False, seconds=120.0)
        for n, s in enumerate(rng.normal(0.85, 0.02, 10))
    ]
    found = measure_bias([*shown, *blind])
    assert found.shown is not None
    assert found.blind is not None
    assert found.difference is not None
    assert (found.shown.n, found.blind.n) == (40, 10)
    assert found.difference.mean == pytest.approx(found.shown.mean - found.blind.mean)
    assert found.difference.low is not None
    assert found.difference.low > 0.05
    assert found.blind_seconds is not None
    assert found.blind_seconds.mean == 120


def test_rounds_without_a_blind_case_are_left_out(accepted: Make) -> None:
    good = [accepted(n, round=2, score=1.0) for n in range(10)]
    fair = [accepted(20 + n, score=0.7) for n in range(10)]
    blind = [accepted(40, score=0.7, blind=True, shown=False)]
    found = measure_bias([*good, *fair, *blind])
    assert found.shown is not None
    assert found.difference is not None
    assert (found.shown.n, found.difference.mean) == (10, 0)


def test_wrong_proposals_are_counted_and_leave_the_rest_alone(accepted: Make) -> None:
    missed, noticed = accepted(1, catch=True, as_is=True, score=1.0), accepted(2, catch=True, score=0.2)
    unseen = accepted(3, catch=True, shown=False)
    found = measure_bias([missed, noticed, unseen, accepted(4), accepted(5, blind=True, shown=False)])
    assert (found.catches, found.caught) == (2, 1)
    assert found.shown is not None
    assert found.shown.n == 1


def test_nothing_known() -> None:
    found = measure_bias([])
    assert (found.shown, found.blind, found.difference, found.catches) == (None, None, None, 0)
