"""Importance: what decides comes first, what is noise comes last."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("optuna", reason="optuna is not installed")

from medopt.training.search import Dimension, SearchSettings, Trial, importances, plan_rounds

SPACE = (
    Dimension(field="noise", kind="linear", low=0.0, high=1.0),
    Dimension(field="rate", kind="log", low=1e-4, high=1.0),
    Dimension(field="kind", kind="choice", choices=("a", "b")),
    Dimension(field="same", kind="linear", low=0.0, high=1.0),
)


def trials(count: int) -> list[Trial]:
    random = np.random.default_rng(5)
    found = []
    for number in range(count):
        rate = float(10 ** random.uniform(-4, 0))
        values = {"noise": float(random.uniform()), "rate": rate, "kind": "ab"[int(random.integers(2))], "same": 0.5}
        score = float(np.log10(rate) + 0.3 * (values["kind"] == "b"))
        found.append(Trial(number, 0, 1.0, values, state="done", score=score))
    return found


def test_what_decides_comes_first() -> None:
    rounds = plan_rounds(SearchSettings(dimensions=SPACE, trials=80, rounds=1))
    found = importances(SPACE, trials(80), rounds)
    assert found[0].field == "rate"
    assert found[0].share > 0.6
    assert sum(one.share for one in found) == pytest.approx(1)
    by_field = {one.field: one for one in found}
    assert by_field["rate"].trend is not None
    assert by_field["rate"].trend > 0.9
    assert by_field["kind"].trend is None
    assert by_field["noise"].share < 0.2
    assert (by_field["same"].share, by_field["same"].trend) == (0.0, None)


def test_few_trials_tell_nothing() -> None:
    rounds = plan_rounds(SearchSettings(dimensions=SPACE, trials=5, rounds=1))
    assert importances(SPACE, trials(5), rounds) == ()
