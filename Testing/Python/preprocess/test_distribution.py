"""Percentiles and moments, exactly as numpy has them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from medopt.image import Geometry, Image
from medopt.preprocess import Pipeline, Window, distribution
from medopt.preprocess import source as module
from medopt.preprocess.distribution import Region
from medopt.preprocess.source import ArraySource


def source_of(array: np.ndarray) -> ArraySource:
    return ArraySource(Image(array[None], Geometry(array.shape)))


FLOATS = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=3, max_dims=3, max_side=7),
    elements=st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, -0.0, 1.0, -1.5, 1e-40]),
)
INTEGERS = hnp.arrays(np.int16, hnp.array_shapes(min_dims=3, max_dims=3, max_side=7))


def region_of(array: np.ndarray, region: Region) -> np.ndarray:
    values = array.astype(np.float64).ravel()
    kept = values
    if region == "non_zero":
        kept = values[values != 0]
    elif region == "above_mean":
        kept = values[values > values.mean()]
    return kept if kept.size else values


@settings(max_examples=150, deadline=None)
@given(
    array=FLOATS | INTEGERS,
    shares=st.tuples(st.floats(0, 100), st.floats(0, 100)),
    voxels=st.sampled_from([1, 1 << 18]),
)
def test_percentiles_are_those_of_numpy(array: np.ndarray, shares: tuple[float, float], voxels: int) -> None:
    before = module.SLAB_VOXELS
    try:
        module.SLAB_VOXELS = voxels
        found = distribution(source_of(array), 0).percentiles(shares)
    finally:
        module.SLAB_VOXELS = before
    expected = np.percentile(array.astype(np.float64), shares)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * max(1.0, float(np.abs(array).max())))


@settings(max_examples=100, deadline=None)
@given(array=FLOATS | INTEGERS, region=st.sampled_from(["image", "above_mean", "non_zero"]))
def test_moments_of_a_region_are_those_of_numpy(array: np.ndarray, region: Region) -> None:
    kept = region_of(array, region)
    if region == "above_mean" and array.dtype.kind == "f":
        mean = array.astype(np.float64).mean()
        if np.isclose(array, mean, rtol=1e-5, atol=1e-30).any():
            return  # rounding of the mean decides which side a value that equals it is on
    low, high = np.percentile(kept, (10, 90))
    mean, deviation = distribution(source_of(array), 0, region).moments(float(low), float(high))
    held = np.clip(kept, low, high)
    scale = max(1e-6, float(np.abs(held).max()))
    assert mean == pytest.approx(held.mean(), abs=1e-6 * scale)
    assert deviation == pytest.approx(held.std(), abs=1e-5 * scale)


def test_values_far_from_zero_keep_the_digits_of_their_spread(rng: np.random.Generator) -> None:
    array = (1e6 + rng.normal(size=(4, 30, 30))).astype(np.float32)
    _, deviation = distribution(source_of(array), 0).moments(-np.inf, np.inf)
    assert deviation == pytest.approx(array.astype(np.float64).std(), rel=1e-4)


def test_integers_changed_one_by_one_are_still_counted(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = (rng.normal(size=(6, 20, 20)) * 300).astype(np.int16)
    image = Image(array[None], Geometry(array.shape))
    changed = Pipeline([Window(level=40, width=400)]).source(image)
    values = changed.channel(0)
    monkeypatch.setattr(ArraySource, "slab", lambda *_: pytest.fail("the volume was read voxel by voxel"))
    found = distribution(changed, 0, "non_zero")
    kept = values[values != 0].astype(np.float64)
    np.testing.assert_allclose(found.percentiles((1, 50, 99)), np.percentile(kept, (1, 50, 99)), atol=1e-7)
    np.testing.assert_allclose(found.moments(0.2, 0.8), (np.clip(kept, 0.2, 0.8).mean(), np.clip(kept, 0.2, 0.8).std()))
