"""FROC by hand, against MONAI, and its properties."""

from __future__ import annotations

import numpy as np
import pytest
from monai.metrics import compute_froc_curve_data, compute_froc_score

from medopt.metrics import LUNA_RATES, PooledBoxes, froc


def pooled(scores: list[float], right: list[bool], references: int, images: int) -> PooledBoxes:
    order = np.argsort(-np.array(scores), kind="stable")
    return PooledBoxes(
        np.array(scores, float)[order],
        np.array(right, bool)[order],
        np.zeros(len(scores), np.int64),
        np.array([references] + [0] * (images - 1)),
        np.ones(images, bool),
    )


def test_by_hand() -> None:
    # two images, four boxes: right, wrong, right, wrong, wrong
    curve = froc(pooled([0.9, 0.8, 0.7, 0.6, 0.5], [True, False, True, False, False], 4, 2), (0.25, 0.5, 0.75, 8))
    assert curve is not None
    assert curve.false_positives.tolist() == [0, 0.5, 0.5, 1, 1.5]
    assert curve.sensitivities.tolist() == [0.25, 0.25, 0.5, 0.5, 0.5]
    assert curve.at_rates == pytest.approx((0.375, 0.5, 0.5, 0.5))
    assert curve.mean == pytest.approx(1.875 / 4)
    assert (curve.references, curve.images) == (4, 2)


@pytest.mark.parametrize("seed", range(5))
def test_equal_to_monai(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, images = 300, 20
    right = rng.random(n) < 0.2
    scores = rng.random(n) + 0.3 * right
    total = int(right.sum()) + 10
    curve = froc(pooled(scores.tolist(), right.tolist(), total, images))
    assert curve is not None
    false_positives, sensitivity = compute_froc_curve_data(scores[~right], scores[right], total, images)
    oracle = compute_froc_score(false_positives, sensitivity, LUNA_RATES)
    # where the curve rises straight up MONAI leaves it to numpy at which end it is read; here it is the upper one
    assert curve.mean == pytest.approx(oracle, abs=0.003)
    assert list(curve.at_rates) == sorted(curve.at_rates)


def test_weights_are_repeated_images() -> None:
    table = PooledBoxes(
        np.array([0.9, 0.8, 0.7]),
        np.array([True, False, True]),
        np.array([0, 1, 1]),
        np.array([1, 2]),
        np.array([True, True]),
    )
    twice = PooledBoxes(
        np.array([0.9, 0.8, 0.8, 0.7, 0.7]),
        np.array([True, False, False, True, True]),
        np.array([0, 1, 2, 1, 2]),
        np.array([1, 2, 2]),
        np.array([True, True, True]),
    )
    one, other = froc(table, weights=[1, 2]), froc(twice)
    assert one is not None
    assert other is not None
    assert one.at_rates == pytest.approx(other.at_rates)
    assert (one.references, one.images) == (other.references, other.images) == (5, 3)


def test_empty_cases() -> None:
    assert froc(pooled([0.5], [False], 0, 2)) is None
    nothing = froc(pooled([], [], 3, 2))
    assert nothing is not None
    assert nothing.at_rates == (0,) * 7
    perfect = froc(pooled([0.9, 0.8], [True, True], 2, 1))
    assert perfect is not None
    assert perfect.mean == 1


def test_images_that_nobody_judged_are_not_counted() -> None:
    table = pooled([0.9, 0.8], [True, False], 1, 4)
    some = PooledBoxes(table.scores, table.right, table.images, table.references, np.array([True, True, False, False]))
    curve = froc(some)
    assert curve is not None
    assert curve.images == 2
    assert curve.false_positives.tolist() == [0, 0.5]
