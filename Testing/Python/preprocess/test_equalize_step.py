"""Histogram equalization."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from medopt import MedOptError
from medopt.image import Geometry, Image
from medopt.preprocess import Equalize, Pipeline, PreprocessSettings


def run(step: Equalize, array: np.ndarray) -> np.ndarray:
    return Pipeline([step]).image(Image(array[None], Geometry(array.shape))).array[0]


VALUES = hnp.arrays(np.float32, (2, 5, 6), elements=st.floats(-1000, 1000, width=32))


@settings(max_examples=60, deadline=None)
@given(array=VALUES, bins=st.sampled_from([2, 17, 1024]))
def test_order_and_range_stay(array: np.ndarray, bins: int) -> None:
    out = run(Equalize(bins=bins), array)
    assert out.min() >= array.min() - 1e-3
    assert out.max() <= array.max() + 1e-3
    order = np.argsort(array.ravel(), kind="stable")
    assert (np.diff(out.ravel()[order]) >= -1e-3).all()


def test_the_histogram_becomes_flat_as_that_of_ranks(rng: np.random.Generator) -> None:
    array = rng.gamma(2, 100, (20, 40, 40)).astype(np.float32)
    out = run(Equalize(bins=4096), array)
    ranks = np.argsort(np.argsort(array.ravel())).reshape(array.shape) / (array.size - 1)
    np.testing.assert_allclose(out, array.min() + np.ptp(array) * ranks, atol=0.003 * np.ptp(array))


def test_equals_scikit_image(rng: np.random.Generator) -> None:
    exposure = pytest.importorskip("skimage.exposure", reason="scikit-image is not installed")
    array = rng.gamma(2, 100, (10, 40, 40)).astype(np.float32)
    oracle = array.min() + np.ptp(array) * exposure.equalize_hist(array, nbins=2048)
    # it counts a bin as a whole at its centre: half a bin apart
    np.testing.assert_allclose(run(Equalize(bins=2048), array), oracle, atol=0.01 * np.ptp(array))


def test_values_outside_the_range_are_left(rng: np.random.Generator) -> None:
    array = (rng.normal(size=(6, 20, 20)) * 500).astype(np.int16)
    out = run(Equalize(range=(-200, 300)), array)
    outside = (array < -200) | (array > 300)
    np.testing.assert_array_equal(out[outside], array[outside])
    inside = out[~outside]
    assert (inside >= -200).all()
    assert (inside <= 300).all()
    counts, _ = np.histogram(inside, 10, (-200, 300))
    assert np.ptp(counts) < 0.15 * counts.mean()


def test_the_region_alone_is_counted() -> None:
    array = np.zeros((4, 10, 10), np.float32)
    array[:2] = np.linspace(50, 100, 200).reshape(2, 10, 10)
    out = run(Equalize(region="non_zero", range=(0, 100)), array)
    assert out[:2].min() < 5
    assert out[:2].max() == pytest.approx(100)


def test_a_constant_is_left_and_a_turned_range_refused() -> None:
    assert (run(Equalize(), np.full((2, 3, 3), 7.0)) == 7).all()
    with pytest.raises(MedOptError, match="the lowest value of the range must lie below the highest"):
        PreprocessSettings.parse({"steps": [{"step": "equalize", "range": [5, 5]}]}, "recipe.yaml")
