"""Ranges around the best trials, by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt.training.search import Dimension, SearchSettings, Trial
from medopt.training.search.narrowing import best_trials, narrow, ranked

RATE = Dimension(field="rate", kind="log", low=1e-4, high=1.0)
SHARE = Dimension(field="share", kind="linear", low=0.0, high=1.0)
BATCH = Dimension(field="batch", kind="whole", low=1, high=9)
KIND = Dimension(field="kind", kind="choice", choices=("a", "b", "c"))
ALL = (RATE, SHARE, BATCH, KIND)


def trial(number: int, score: float | None, *values: object, state: str = "done") -> Trial:
    named = dict(zip(("rate", "share", "batch", "kind"), values, strict=False))
    return Trial(number, 0, 1.0, named, state=state, score=score)  # type: ignore[arg-type]


def settings(**more: float) -> SearchSettings:
    return SearchSettings(dimensions=ALL, **more)  # type: ignore[arg-type]


def test_by_hand() -> None:
    trials = [
        trial(0, 0.9, 0.01, 0.5, 4, "a"),
        trial(1, 0.8, 0.1, 0.6, 5, "a"),
        trial(2, 0.3, 0.5, 0.0, 9, "b"),
        trial(3, 0.2, 0.0002, 1.0, 1, "b"),
        trial(4, 0.1, 0.9, 0.9, 9, "c"),
    ]
    after, changes = narrow(ALL, trials, settings(quantile=0.4, margin=0.25), 0)
    rate, share, batch, kind = after
    assert (rate.low, rate.high) == (pytest.approx(0.001), pytest.approx(1.0))  # a decade of four on either side
    assert (share.low, share.high) == (pytest.approx(0.25), pytest.approx(0.85))
    assert (batch.low, batch.high) == (2, 7)
    assert kind.choices == ("a", "c")  # b was tried twice in vain, c only once
    assert [(one.before.field, one.best) for one in changes] == [("rate", 2), ("share", 2), ("batch", 2), ("kind", 2)]
    assert str(changes[1]) == "share: 0 to 1 → 0.25 to 0.85"


def test_failed_trials_never_count_and_without_a_score_nothing_changes() -> None:
    trials = [trial(0, None, 0.1, 0.1, 1, "a", state="failed"), trial(1, 0.5, 0.1, 0.2, 1, "b", state="pruned")]
    assert [t.number for t in best_trials(trials, 1.0)] == [1]
    assert narrow(ALL, trials[:1], settings(), 0) == (ALL, ())


def test_finished_trials_stand_before_those_ended_early() -> None:
    trials = [trial(0, 0.9, state="pruned"), trial(1, 0.5), trial(2, None, state="failed"), trial(3, 0.6)]
    assert [t.number for t in ranked(trials)] == [3, 1, 0, 2]


@given(
    values=st.lists(st.tuples(st.floats(1e-4, 1.0), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20),
    quantile=st.floats(0.01, 1.0),
    margin=st.floats(0, 1),
)
def test_ranges_only_shrink_and_hold_the_best(
    values: list[tuple[float, float, float]], quantile: float, margin: float
) -> None:
    trials = [trial(n, score, rate, share, 3, "a") for n, (rate, share, score) in enumerate(values)]
    given_settings = settings(quantile=quantile, margin=margin)
    after, _ = narrow(ALL, trials, given_settings, 0)
    for old, new in zip(ALL[:3], after[:3], strict=True):
        assert old.low <= new.low <= new.high <= old.high  # type: ignore[operator]
    best = ranked(trials)[0]
    assert all(one.holds(best.values[one.field]) for one in after)
