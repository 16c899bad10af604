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


@pytest.mark.parametrize("seed", range(6))
def test_no_other_weights_come_nearer_or_are_more_even(seed: int) -> None:
    """Against a general solver, where the target can be reached."""
    rng = np.random.default_rng(seed)
    counts = (rng.random((14, 3)) < [0.9, 0.4, 0.2]).astype(float)
    counts[:3] = np.eye(3)  # each class stands alone somewhere
    target, limit = 0.6, 6.0
    found = ask(counts, target, limit=limit)
    ours = found.times / found.times.min()
    if any(found.reasons):
        pytest.skip("this cohort cannot reach the target")

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


def test_copies_are_near_the_best_of_all() -> None:
    """Against every choice of copies, for a small cohort."""
    counts = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 0, 0], [0, 1, 1]], float)
    found = ask(counts, 1.0, limit=3, method="copies")

    def shortfall(times: np.ndarray) -> float:
        met = times @ counts
        return float(np.square(np.log(met.max() / met)).sum())

    best = min(shortfall(np.array(times)) for times in product((1, 2, 3), repeat=5))
    assert shortfall(found.times) <= best + 0.02


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
