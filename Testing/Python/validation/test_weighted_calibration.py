"""Weighted calibration errors are those of repeated cases."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.metrics import calibration_error, reliability
from medopt.validation.weighted_calibration import weighted_calibration_error, weighted_shares


def made(n: int = 120) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    sure = rng.random(n)
    return rng.integers(0, 4, (6, n)).astype(float), rng.random(n) < sure**2, sure


@pytest.mark.parametrize("bins", [1, 7, 10])
def test_a_weight_is_a_number_of_copies(bins: int) -> None:
    weights, truth, sure = made()
    errors = weighted_calibration_error(weights, truth, sure, bins=bins)
    shares = weighted_shares(weights, truth, sure, bins=bins)
    for row, error, share in zip(weights.astype(int), errors, shares, strict=True):
        table = reliability(np.repeat(truth, row), np.repeat(sure, row), bins=bins)
        assert error == pytest.approx(calibration_error(table))
        np.testing.assert_allclose(share, table.share_true)


def test_edges_of_equal_mass_are_those_of_all_cases() -> None:
    _, truth, sure = made()
    one = weighted_calibration_error(np.ones((1, len(sure))), truth, sure, "mass")
    assert one[0] == pytest.approx(calibration_error(reliability(truth, sure, binning="mass")))
    half = weighted_calibration_error(np.full((1, len(sure)), 0.5), truth, sure, "mass")
    assert half == pytest.approx(one)


def test_no_weight_no_number() -> None:
    weights, truth, sure = made()
    assert np.isnan(weighted_calibration_error(0 * weights, truth, sure)).all()
    assert np.isnan(weighted_shares(0 * weights, truth, sure)).all()
    assert weighted_calibration_error(np.ones((2, 0)), [], []).shape == (2,)
