"""Probabilities in bins, beside scikit-learn and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from medopt import MedOptError
from medopt.metrics import calibration_error, expected_by_chance, reliability


def made(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    sure = rng.beta(0.7, 1.1, n)
    return rng.random(n) < sure**1.5, sure


@pytest.mark.parametrize(("binning", "strategy"), [("width", "uniform"), ("mass", "quantile")])
def test_the_diagram_is_that_of_scikit_learn(binning, strategy) -> None:
    truth, sure = made(700)
    shares, means = calibration_curve(truth, sure, n_bins=10, strategy=strategy)
    table = reliability(truth, sure, binning=binning)
    filled = table.number > 0
    np.testing.assert_allclose(table.share_true[filled], shares)
    np.testing.assert_allclose(table.mean_given[filled], means)
    assert table.number.sum() == 700


def test_the_error_is_the_mean_distance_weighted_by_cases() -> None:
    # 3 cases at 0.25, one true: off by 1/12; 1 case at 1.0, true: off by 0
    table = reliability([True, False, False, True], [0.25, 0.25, 0.25, 1.0])
    assert calibration_error(table) == pytest.approx(abs(1 / 3 - 0.25) * 3 / 4)
    assert np.isnan(table.share_true[5])


def test_probabilities_at_an_inner_edge_belong_to_the_bin_below() -> None:
    assert reliability([1, 1, 1], [0.0, 0.5, 1.0], bins=2).number.tolist() == [2, 1]


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=60), st.integers(1, 20))
def test_no_error_is_below_the_distance_of_the_means(pairs, bins) -> None:
    truth, sure = (np.array(part) for part in zip(*pairs, strict=True))
    error = calibration_error(reliability(truth, sure, bins=bins))
    assert abs(truth.mean() - sure.mean()) - 1e-9 <= error <= 1
    assert calibration_error(reliability(truth, sure, bins=1)) == pytest.approx(abs(truth.mean() - sure.mean()))


def test_what_chance_gives_is_that_of_the_binomial_distribution() -> None:
    # all in one bin: the error is |hits / n - p|, of which the mean is known
    n, p = 40, 0.3
    from scipy.stats import binom

    hits = np.arange(n + 1)
    apart, chance = np.abs(hits / n - p), binom.pmf(hits, n, p)
    mean, most = expected_by_chance(np.zeros(n), np.full(n, p))
    assert mean == pytest.approx(apart @ chance, abs=0.004)
    order = np.argsort(apart)
    assert most == pytest.approx(apart[order][np.searchsorted(np.cumsum(chance[order]), 0.95)], abs=1e-9)


def test_right_probabilities_rarely_pass_what_chance_gives_and_wrong_ones_do() -> None:
    rng = np.random.default_rng(4)
    passed = 0
    for _ in range(100):
        sure = rng.random(80)
        truth = rng.random(80) < sure
        passed += calibration_error(reliability(truth, sure)) > expected_by_chance(truth, sure)[1]
    assert passed <= 13  # 5 of 100 expected; more than 13 in 3 of 10,000 tries
    sure = rng.random(400)
    truth = rng.random(400) < 0.5
    assert calibration_error(reliability(truth, sure)) > expected_by_chance(truth, sure)[1]


def test_no_answers() -> None:
    assert calibration_error(reliability([], [])) is None
    assert expected_by_chance([], []) is None


@pytest.mark.parametrize(
    ("truth", "sure", "options", "match"),
    [
        ([1, 0], [0.5], {}, "do not fit"),
        ([1], [1.5], {}, "is no probability"),
        ([1], [float("nan")], {}, "is no probability"),
        ([1], [0.5], {"bins": 0}, "wrong bins"),
        ([1], [0.5], {"binning": "height"}, "wrong bins"),
    ],
)
def test_wrong_input(truth, sure, options, match) -> None:
    with pytest.raises(MedOptError, match=match):
        reliability(truth, sure, **options)
