"""Sizes and times of rounds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from medopt.training.search import Dimension, SearchSettings, plan_rounds, training_amount

DIMENSION = Dimension(field="seed", kind="whole", low=1, high=9)


@given(trials=st.integers(1, 500), rounds=st.integers(1, 6), reduction=st.integers(2, 5), promoted=st.floats(0, 1))
def test_sizes_add_up_and_fall_while_times_rise(trials: int, rounds: int, reduction: int, promoted: float) -> None:
    settings = SearchSettings(
        dimensions=(DIMENSION,), trials=trials, rounds=rounds, reduction=reduction, promoted=promoted
    )
    found = plan_rounds(settings)
    assert sum(one.size for one in found) == trials
    assert [n for one in found for n in one.trials] == list(range(trials))
    assert [one.size for one in found] == sorted((one.size for one in found), reverse=True)
    assert [one.share for one in found] == sorted(one.share for one in found)
    assert found[-1].share == 1.0
    assert found[0].promoted == 0
    assert all(1 <= one.promoted <= one.size for one in found[1:])


def test_successive_halving_of_27() -> None:
    found = plan_rounds(SearchSettings(dimensions=(DIMENSION,), trials=26))
    assert [one.size for one in found] == [18, 6, 2]
    assert training_amount(found) == 18 / 9 + 6 / 3 + 2
