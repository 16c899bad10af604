"""The narrowest type that holds a prepared volume."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.image import Geometry, Image
from medopt.preprocess import CropForeground, Normalize, Pipeline, Resample, Resize, Step, Window

GRID = Geometry((6, 20, 20))


def stored(array: np.ndarray, *steps: Step) -> np.ndarray:
    image = Image(array.reshape(1, *GRID.shape), GRID)
    narrow, wide = Pipeline(steps).image(image, dtype="smallest"), Pipeline(steps).image(image)
    assert narrow.geometry == wide.geometry
    if narrow.array.dtype.kind in "iu":
        np.testing.assert_array_equal(narrow.array, wide.array)
    else:
        error = np.abs(narrow.array.astype(np.float64) - wide.array)
        assert error.max() <= 0.005 * wide.array.std()
    return narrow.array


def test_8_bit_windows_are_8_bit(rng: np.random.Generator) -> None:
    ct = (rng.normal(size=GRID.shape) * 500).astype(np.int16)
    assert stored(ct, Window(preset="lung", output="8bit")).dtype == np.uint8


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16])
def test_integers_that_are_only_cut_and_padded_stay_what_they_are(rng: np.random.Generator, dtype: type) -> None:
    values = rng.integers(0, 200, GRID.shape).astype(dtype)
    assert stored(values, CropForeground(threshold=100), Resize(shape=(6, 24, 24), mode="fit", fill=3)).dtype in (
        dtype,
        np.float16,
    )
    assert stored(values).dtype == dtype


def test_scaled_values_are_half_precision(rng: np.random.Generator) -> None:
    assert stored(rng.normal(size=GRID.shape), Normalize()).dtype == np.float16
    assert stored(rng.normal(size=GRID.shape), Resample(spacing=(1, 1.3, 1.3)), Normalize()).dtype == np.float16


def test_values_that_half_precision_would_blur_stay_whole(rng: np.random.Generator) -> None:
    assert stored(1e4 + rng.normal(size=GRID.shape)).dtype == np.float32
    assert stored(1e6 * rng.normal(size=GRID.shape)).dtype == np.float32
    spread = rng.normal(size=GRID.shape)
    spread[0, 0, 0] = 500
    assert stored(spread).dtype == np.float32


def test_a_constant_is_kept() -> None:
    assert (stored(np.zeros(GRID.shape), Normalize()) == 0).all()
    assert (stored(np.full(GRID.shape, 0.1)) == np.float32(0.1)).all()
