"""Asynchronous successive halving, by hand."""

from __future__ import annotations

import pytest

from medopt.training.search import Trial
from medopt.training.search.pruning import is_hopeless


def at(number: int, *points: tuple[float, float]) -> Trial:
    return Trial(number, 0, 1.0, {}, points=points)


OTHERS = [at(n, (0.25, 0.1 * n)) for n in range(1, 6)]  # 0.1 … 0.5 at a quarter


@pytest.mark.parametrize(("score", "ended"), [(0.6, False), (0.35, False), (0.25, True), (0.05, True)])
def test_the_better_half_goes_on(score: float, ended: bool) -> None:
    assert is_hopeless(at(9, (0.25, score)), OTHERS, 0.5) is ended


def test_it_is_compared_once_at_each_rung() -> None:
    low = 0.0
    assert not is_hopeless(at(9, (0.125, low)), OTHERS, 0.5)
    assert is_hopeless(at(9, (0.125, low), (0.25, low)), OTHERS, 0.5)
    assert not is_hopeless(at(9, (0.125, low), (0.25, low), (0.375, low)), OTHERS, 0.5)
    assert not is_hopeless(at(9, (0.25, 1.0), (0.5, low)), OTHERS, 0.5)  # nobody was here before
    assert not is_hopeless(at(9, (0.1, 1.0), (1.0, low)), OTHERS, 0.5)  # it has ended anyway


def test_few_others_end_nobody_and_keep_1_never() -> None:
    assert not is_hopeless(at(9, (0.25, 0.0)), OTHERS[:3], 0.5)
    assert not is_hopeless(at(9, (0.25, 0.0)), OTHERS, 1.0)
    assert not is_hopeless(at(9), OTHERS, 0.5)
