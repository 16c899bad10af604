"""DeLong's variance by its own definition, and how often its intervals hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr
from sklearn.metrics import roc_auc_score

from medopt.errors import MedOptError
from medopt.metrics import delong_auroc, delong_difference


def structural_components(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """V10 and V01 of DeLong et al. 1988, pair by pair."""
    positive, negative = scores[truth], scores[~truth]
    better = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    return better.mean(axis=1), better.mean(axis=0)


def sample(seed: int, n: int = 60, *, ties: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.4
    common = rng.normal(size=n) + 1.2 * truth
    first, second = common + rng.normal(size=n), common + 0.7 * rng.normal(size=n)
    return truth, *((np.round(2 * first), np.round(2 * second)) if ties else (first, second))


@pytest.mark.parametrize("ties", [True, False])
def test_area_variance_and_covariance_follow_the_definition(ties: bool) -> None:
    truth, first, second = sample(1, ties=ties)
    (a10, a01), (b10, b01) = structural_components(truth, first), structural_components(truth, second)
    m, n = len(a10), len(a01)
    variance = a10.var(ddof=1) / m + a01.var(ddof=1) / n
    found = delong_auroc(truth, first)
    assert found.value == pytest.approx(roc_auc_score(truth, first))
    assert found.variance == pytest.approx(variance)
    assert (found.positives, found.negatives) == (m, n)
    spread = (a10 - b10).var(ddof=1) / m + (a01 - b01).var(ddof=1) / n
    difference = delong_difference(truth, first, second)
    value = roc_auc_score(truth, first) - roc_auc_score(truth, second)
    assert difference.value == pytest.approx(value)
    assert difference.p == pytest.approx(2 * ndtr(-abs(value) / np.sqrt(spread)))
    assert difference.high - difference.low == pytest.approx(2 * 1.959964 * np.sqrt(spread), rel=1e-6)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    true_area = float(ndtr(1.5 / np.sqrt(2)))
    rng = np.random.default_rng(7)
    truth = np.arange(90) < 30
    inside = 0
    for _ in range(1000):
        found = delong_auroc(truth, rng.normal(size=90) + 1.5 * truth, level=0.9)
        assert found.low is not None
        assert found.high is not None
        assert 0 < found.low < found.high < 1
        inside += found.low <= true_area <= found.high
    assert 0.875 < inside / 1000 < 0.925


def test_equal_models_differ_in_about_as_many_samples_as_the_level_says() -> None:
    found = [delong_difference(*sample(seed, ties=False)).p for seed in range(2)]
    assert all(0 <= p <= 1 for p in found)
    rng = np.random.default_rng(3)
    truth = np.arange(80) < 35
    small = 0
    for _ in range(1000):
        common = rng.normal(size=80) + truth
        small += delong_difference(truth, common + rng.normal(size=80), common + rng.normal(size=80)).p < 0.1
    assert 0.075 < small / 1000 < 0.125


def test_a_model_does_not_differ_from_itself() -> None:
    truth, first, _ = sample(2)
    assert delong_difference(truth, first, first).p == 1
    assert delong_difference(truth, first, 3 * first + 1).value == 0


def test_where_there_is_no_interval_it_says_why() -> None:
    none = delong_auroc([1, 1], [0.1, 0.2])
    assert (none.value, none.refused) == (None, "cases of one kind only")
    few = delong_auroc([1, 0, 0], [0.3, 0.1, 0.4])
    assert (few.value, few.variance, few.refused) == (0.5, None, "fewer than two cases of one kind")
    parted = delong_auroc([1, 1, 0, 0], [4, 3, 2, 1])
    assert (parted.value, parted.low) == (1, None)
    assert "part the two kinds of cases wholly" in parted.refused
    assert delong_auroc([1, 1, 0, 0], [1, 1, 1, 1]).refused == "no spread"
    with pytest.raises(MedOptError, match="too few cases to compare"):
        delong_difference([1, 0, 0], [1, 2, 3], [3, 2, 1])
    with pytest.raises(MedOptError, match="do not fit"):
        delong_auroc([1, 0, 0], [1, 2])
    with pytest.raises(MedOptError, match="not a number"):
        delong_auroc([1, 0], [1, np.inf])
