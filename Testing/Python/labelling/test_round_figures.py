"""Figures of the rounds, from acceptances made by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from medopt.labelling.acceptances import Acceptance
from medopt.labelling.round_figures import figures_of

Make = Callable[..., Acceptance]


def test_each_round_has_its_means_with_their_own_n(accepted: Make) -> None:
    cases = [
        accepted(1, round=0, model=None, shown=False, edits=None, score=None, seconds=300.0),
        accepted(2, seconds=100.0, score=0.7),
        accepted(3, seconds=None, score=0.9, as_is=True),
        accepted(4, round=2, score=None, edits=None),
    ]
    none, first, second = figures_of(cases)
    assert (none.round, none.n, none.score, none.as_is, none.path) == (0, 1, None, None, None)
    assert none.seconds is not None
    assert none.seconds.mean == 300
    assert (first.round, first.n) == (1, 2)
    assert first.score is not None
    assert first.score.mean == pytest.approx(0.8)
    assert first.seconds is not None
    assert (first.seconds.mean, first.seconds.n) == (100, 1)
    assert first.as_is is not None
    assert first.as_is.mean == 0.5
    assert first.path is not None
    assert first.path.mean == 50
    assert first.changed is not None
    assert first.changed.mean == 100
    assert (second.round, second.score, second.path) == (2, None, None)


def test_blind_and_wrong_proposals_are_no_measure_of_a_round(accepted: Make) -> None:
    cases = [accepted(1), accepted(2, blind=True, score=0.1), accepted(3, catch=True, score=0.1)]
    (one,) = figures_of(cases)
    assert one.n == 1
    assert one.score is not None
    assert one.score.mean == 0.8


def test_nothing_labelled() -> None:
    assert figures_of([]) == ()
