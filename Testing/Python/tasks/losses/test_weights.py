"""Weights of classes: those of scikit-learn at full power, and their properties in between."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from medopt.errors import MedOptError
from medopt.tasks.losses import LossSettings, class_weights
from medopt.tasks.losses.weights import needed_weights

NAMES = ("background", "Left", "Right")
FULL = LossSettings(class_weights="balanced", balance_power=1.0)


def test_without_wish_there_are_none() -> None:
    assert class_weights(LossSettings(), NAMES, [1, 2, 3]) is None


def test_full_power_is_that_of_scikit_learn() -> None:
    labels = np.repeat([0, 1, 2], [900, 70, 30])
    oracle = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    np.testing.assert_allclose(class_weights(FULL, NAMES, np.bincount(labels)), oracle, rtol=1e-12)


@given(st.lists(st.integers(1, 10**12), min_size=2, max_size=6), st.floats(0, 1))
def test_the_mean_over_what_was_counted_is_one_and_rare_classes_weigh_more(counts: list[int], power: float) -> None:
    settings = LossSettings(name="weighted_ce", balance_power=power)
    weights = class_weights(settings, [str(n) for n in range(len(counts))], counts)
    assert weights is not None
    assert np.average(weights, weights=np.array(counts, float)) == pytest.approx(1)
    assert np.all(np.diff(np.array(weights)[np.argsort(counts)]) <= 1e-9 * max(weights))


def test_an_absent_class_weighs_as_the_rarest() -> None:
    weights = class_weights(FULL, NAMES, [100, 10, 0])
    assert weights is not None
    assert weights[2] == weights[1] > weights[0]
    assert class_weights(FULL, NAMES, [0, 0, 0]) == (1.0, 1.0, 1.0)


def test_of_several_classes_an_image_the_odds_count() -> None:
    assert class_weights(FULL, NAMES, [10, 50, 0], absent=[90, 50, 100]) == pytest.approx((9.0, 1.0, 1.0))
    half = FULL.model_copy(update={"balance_power": 0.5})
    assert class_weights(half, NAMES, [10, 50, 100], absent=[90, 50, 0]) == pytest.approx((3.0, 1.0, 1.0))


def test_weights_by_name() -> None:
    assert class_weights(LossSettings(class_weights={"Right": 5.0}), NAMES) == (1.0, 1.0, 5.0)
    with pytest.raises(
        MedOptError, match=r"loss.class_weights: .*expected background, Left, Right, found Rigt. Did you"
    ):
        class_weights(LossSettings(class_weights={"Rigt": 5.0}), NAMES)


def test_balanced_weights_need_counts_and_weighted_losses_weights() -> None:
    with pytest.raises(MedOptError, match="how often each class occurs"):
        class_weights(FULL, NAMES)
    with pytest.raises(MedOptError, match="needs the weights of the classes"):
        needed_weights(FULL, None)
    assert needed_weights(LossSettings(), None) is None
