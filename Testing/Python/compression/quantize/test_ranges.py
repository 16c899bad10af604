"""Ranges of activations against numpy's percentiles and brute force."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.compression.quantize.ranges import Histogram, value_range


def histogram(values: np.ndarray) -> Histogram:
    found = Histogram.between(float(values.min()), float(values.max()))
    for part in np.array_split(values.astype(np.float32), 3):
        found.add(part)
    return found


@pytest.fixture
def values(rng: np.random.Generator) -> np.ndarray:
    return np.concatenate([rng.normal(1, 1, 400_000), [40.0, -35.0]]).astype(np.float32)


def error(values: np.ndarray, low: float, high: float) -> float:
    step = (high - low) / 255
    zero = round(-low / step)
    return float((((np.clip(np.round(values / step) + zero, 0, 255) - zero) * step - values) ** 2).sum())


def test_the_whole_range_always_covers_zero(values: np.ndarray) -> None:
    assert value_range(histogram(values), "min-max", symmetric=False) == (-35.0, 40.0)
    assert value_range(histogram(values), "min-max", symmetric=True) == (-40.0, 40.0)
    assert value_range(histogram(np.array([3.0, 5.0])), "min-max", symmetric=False) == (0.0, 5.0)
    assert value_range(histogram(np.zeros(9)), "mse", symmetric=False) == (0.0, 0.0)


def test_the_percentile_is_that_of_numpy(values: np.ndarray) -> None:
    low, high = value_range(histogram(values), "percentile", symmetric=False)
    bin_width = 75 / 4096
    assert low == pytest.approx(np.percentile(values, 0.0005), abs=0.3 + bin_width)
    assert high == pytest.approx(np.percentile(values, 99.9995), abs=0.3 + bin_width)
    low, high = value_range(histogram(values), "percentile", symmetric=True)
    assert low == -high


@pytest.mark.parametrize("symmetric", [False, True])
def test_the_least_squares_range_loses_less_than_the_others(values: np.ndarray, symmetric: bool) -> None:
    found = histogram(values)
    best = error(values, *value_range(found, "mse", symmetric=symmetric))
    for method in ("min-max", "percentile"):
        assert best <= error(values, *value_range(found, method, symmetric=symmetric)) * 1.001
    whole = value_range(found, "min-max", symmetric=symmetric)
    brute = min(error(values, whole[0] * s, whole[1] * s) for s in np.linspace(0.2, 1, 81))
    assert best <= brute * 1.05
