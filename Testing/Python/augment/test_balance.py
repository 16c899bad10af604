"""How often cases come so that rare classes are met often enough."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import minimize

from medopt import MedOptError
from medopt.augment.balance import TOLERANCE, BalanceSettings, balance


def ask(counts: object, target: float, **more: object):
    return balance(counts, BalanceSettings(target=target, **more))


def test_one_class_a_case_is_the_ratio_of_the_counts() -> None:
    counts = np.zeros((110, 2))
    counts[:100, 0], counts[100:, 1] = 1, 1
    found = ask(counts, 0.5, limit=10)
    assert found.before.tolist() == [100, 10]
    assert found.times.mean() == pytest.approx(1)
    assert found.times[100] / found.times[0] == pytest.approx(5, rel=1e-2)
    assert found.after[1] / found.after[0] == pytest.approx(0.5, rel=2e-3)
    assert found.reasons == ("", "")
    copies = ask(counts, 0.5, limit=10, method="copies")
    assert copies.times[:100].tolist() == [1] * 100
    assert copies.after.tolist() == [100, 50]
    assert copies.length == 150


def test_the_limit_holds_and_is_named() -> None:
    counts = np.zeros((101, 2))
    counts[:100, 0], counts[100, 1] = 1, 1
    found = ask(counts, 1.0, limit=4)
    assert found.times.max() / found.times.min() == pytest.approx(4, rel=1e-3)
    assert found.reasons == ("", "limit")


def test_an_absent_class_and_one_that_only_comes_with_a_common_one_are_named() -> None:
    counts = np.array([[1, 0, 0]] * 2 + [[1, 1, 0]] * 2, float)
    found = ask(counts, 1.0, limit=1000)
    assert found.reasons[2] == "absent"
    assert found.reasons[0] == ""


def test_off_reached_and_empty_change_nothing() -> None:
    counts = np.eye(3)
    for target in (0.0, 1.0):
        found = ask(counts, target)
        assert not found.changes
        assert found.times.tolist() == [1, 1, 1]
    assert ask(np.zeros((0, 2)), 1.0).length == 0
    assert ask(np.zeros((4, 0)), 1.0).times.tolist() == [1] * 4


@settings(max_examples=60, deadline=None)
@given(
    counts=hnp.arrays(np.int64, st.tuples(st.integers(1, 12), st.integers(1, 4)), elements=st.integers(0, 1)),
    target=st.sampled_from([0.3, 0.7, 1.0]),
    limit=st.sampled_from([1.5, 3.0, 8.0]),
    method=st.sampled_from(["weights", "copies"]),
)
def test_what_must_hold_for_any_cohort(counts: np.ndarray, target: float, limit: float, method: str) -> None:
    found = ask(counts, target, limit=limit, method=method)
    np.testing.assert_allclose(found.after, found.times @ counts, atol=1e-6)
    assert found.times.min() > 0
    assert found.times.max() <= found.times.min() * limit * (1 + 1e-3)
    if method == "copies":
        assert (found.times == np.rint(found.times)).all()
        assert found.times.min() >= 1
    else:
        assert found.times.mean() == pytest.approx(1)
    for row in range(len(counts)):  # equal cases are treated alike
        same = (counts == counts[row]).all(axis=1)
        assert np.ptp(found.times[same]) <= (1 if method == "copies" else 1e-6)
    wanted = target * found.after.max() * (1 - 2 * TOLERANCE)
    for c, reason in enumerate(found.reasons):
        assert reason or found.after[c] >= wanted


@pytest.mark.parametrize("seed", [0, 2, 3, 4, 5, 7])
def test_no_other_weights_come_nearer_or_are_more_even(seed: int) -> None:
    """Against a general solver, where the target can be reached."""
    rng = np.random.default_rng(seed)
    counts = (rng.random((14, 3)) < [0.9, 0.4, 0.2]).astype(float)
    counts[:3] = np.eye(3)  # each class stands alone somewhere
    target, limit = 0.6, 6.0
    found = ask(counts, target, limit=limit)
    ours = found.times / found.times.min()
    assert not any(found.reasons)

    def short(r: np.ndarray) -> np.ndarray:
        met = counts.T @ r
        return (met[:, None] - target * met[None, :]).ravel()

    best = minimize(
        lambda r: float(np.square(r - 1).sum()),
        np.full(len(counts), 1.5),
        bounds=[(1, limit)] * len(counts),
        constraints={"type": "ineq", "fun": short},
        method="SLSQP",
        options={"maxiter": 500},
    )
    assert best.success
    assert np.square(ours - 1).sum() <= best.fun * 1.02 + 0.02


def missing(times: np.ndarray, counts: np.ndarray, target: float) -> np.ndarray:
    """Sum of the squared log shortfalls for each row of times."""
    met = times @ counts
    return np.sum(np.maximum(np.log(target * met.max(axis=1, keepdims=True) / met), 0) ** 2, axis=1)


@settings(max_examples=60, deadline=None)
@given(
    counts=hnp.arrays(np.int64, st.tuples(st.integers(2, 6), st.integers(2, 4)), elements=st.integers(0, 3)),
    target=st.sampled_from([0.5, 0.8, 1.0]),
)
def test_nothing_in_reach_is_missed(counts: np.ndarray, target: float) -> None:
    """Against every combination of one to three copies: what one of them reaches, weights reach, and copies too.

    Where cases hold several of a class, whole copies that balance to the last one may be missed.
    """
    counts = counts[:, counts.any(axis=0)].astype(float)
    every = np.array(list(product((1, 2, 3), repeat=len(counts))), float)
    weights, copies = (ask(counts, target, limit=3, method=method) for method in ("weights", "copies"))
    if counts.shape[1] == 0:
        return
    short = missing(every, counts, target)
    if short.min() < 1e-9:
        assert not any(weights.reasons)
    if short.min() < 1e-9 and counts.max() == 1:
        assert not any(copies.reasons)
        assert copies.times.sum() == every[short < 1e-9].sum(axis=1).min()  # by the fewest copies
    before = missing(np.ones((1, len(counts))), counts, target)[0]
    assert missing(weights.times[None], counts, target)[0] <= before + 1e-6
    assert missing(copies.times[None], counts, target)[0] <= before + 1e-9


def test_out_of_reach_copies_are_nearly_the_best_of_all() -> None:
    """The measure is not convex there: in few of many cohorts the best choice is missed by a little."""
    rng = np.random.default_rng(5)
    worse = []
    for _ in range(60):
        counts = (rng.random((6, 4)) < rng.uniform(0.2, 0.8, 4)) * rng.integers(1, 4, (6, 4)).astype(float)
        counts = counts[:, counts.any(axis=0)]
        every = np.array(list(product((1, 2, 3), repeat=6)), float)
        found = ask(counts, 1.0, limit=3, method="copies")
        worse.append(missing(found.times[None], counts, 1.0)[0] - missing(every, counts, 1.0).min())
    assert np.mean(np.array(worse) < 1e-9) >= 0.9
    assert max(worse) < 0.5


def test_a_rare_class_out_of_reach_comes_as_often_as_the_limit_lets_it() -> None:
    """Also where its cases hold the commonest class, and other classes are out of reach too."""
    rng = np.random.default_rng(2)
    counts = (rng.random((1000, 6)) < [0.95, 0.6, 0.4, 0.05, 0.03, 0.01]).astype(float)
    found = ask(counts, 1.0, limit=5)
    raised = found.times / found.times.min()
    np.testing.assert_allclose(raised[counts[:, 5] > 0], 5, rtol=0.01)
    assert found.reasons[5] == "limit"
    within = ask(np.array([[10, 1]] * 4), 0.5)  # whatever comes more often, the first class does too
    assert within.reasons == ("", "company")


def test_ten_thousand_cases_of_twenty_classes() -> None:
    rng = np.random.default_rng(0)
    counts = (rng.random((10_000, 20)) < np.geomspace(0.8, 0.01, 20)).astype(float)
    found = ask(counts, 0.3, limit=20)
    assert found.after.min() > 2 * found.before.min()
    assert found.effective_cases < 10_000


def test_impossible_values_are_refused() -> None:
    with pytest.raises(MedOptError, match=r"target.*less than or equal to 1"):
        BalanceSettings.parse({"target": 3}, "recipe.yaml")
    with pytest.raises(MedOptError, match=r"method.*weights"):
        BalanceSettings.parse({"method": "copy"}, "recipe.yaml")
    for wrong in ([1, 2], [[-1.0]], [[np.nan]]):
        with pytest.raises(ValueError, match="counts, finite and at least 0"):
            ask(wrong, 0.5)
