"""Volumes worked out slab by slab."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medopt.image import Geometry, Image
from medopt.preprocess import CropForeground, Normalize, Pipeline, Resample, Resize, Window
from medopt.preprocess import source as module
from medopt.preprocess.source import ArraySource, Mapped, Settled, Source, collect

STEPS = [
    Resample(spacing=(1.1, 1.3, 0.9)),
    Resample(spacing=(4.0, 2.5, 3.1)),
    Resample(spacing=(1.5, 1.5, 1.5), interpolation="cubic"),
    Resize(shape=(11, 9, 17)),
    Resize(shape=(7, 30, 5), mode="crop"),
    CropForeground(threshold=0.5, margin=1),
    Window(level=0, width=2),
    Window(source="image", percentiles=(5, 95)),
    Normalize(),
    Normalize(method="percentile", region="above_mean"),
]


@settings(max_examples=60, deadline=None)
@given(
    chosen=st.lists(st.sampled_from(STEPS), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
    voxels=st.sampled_from([1, 40, 200, 1 << 18]),
    integers=st.booleans(),
)
def test_the_size_of_the_slabs_changes_nothing(chosen: list, seed: int, voxels: int, integers: bool) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(2, 13, 12, 10))
    array = (values * 100).astype(np.int16) if integers else values
    image = Image(array, Geometry(array.shape[1:], (2.0, 1.2, 1.0)))
    whole = Pipeline(chosen).image(image)
    before = module.SLAB_VOXELS
    try:
        module.SLAB_VOXELS = voxels
        slabs = Pipeline(chosen).image(image)
    finally:
        module.SLAB_VOXELS = before
    assert slabs.geometry == whole.geometry
    np.testing.assert_allclose(slabs.array, whole.array, rtol=2e-4, atol=2e-4)


def test_any_slices_can_be_asked_for_in_any_order(rng: np.random.Generator) -> None:
    image = Image(rng.normal(size=(1, 20, 8, 8)), Geometry((20, 8, 8)))
    source = Pipeline([Resample(spacing=(1.7, 1, 1)), Normalize()]).source(image)
    whole = source.channel(0)
    for start, stop in ((5, 6), (0, 3), (9, 12), (2, 11)):
        np.testing.assert_allclose(source.slab(0, start, stop), whole[start:stop], atol=1e-5)


def test_what_is_handed_out_is_the_callers_to_change(rng: np.random.Generator) -> None:
    array = rng.normal(size=(1, 6, 4, 4)).astype(np.float32)
    for source in (
        ArraySource(Image(array, Geometry((6, 4, 4)))),
        Settled(ArraySource(Image(array, Geometry((6, 4, 4))))),
    ):
        source.slab(0, 0, 6)[...] = 0
        np.testing.assert_array_equal(source.slab(0, 0, 6), array[0])


class Counting(Source):
    """Tells how often it is read."""

    costly = True

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.geometry, self.channels, self.read = Geometry(shape), 2, 0

    def slab(self, channel: int, start: int, stop: int) -> np.ndarray:
        self.read += stop - start
        return np.full((stop - start, *self.geometry.shape[1:]), channel, np.float32)


def test_costly_values_are_worked_out_once_for_steps_that_look_at_all() -> None:
    source = Counting((10, 3, 3))
    collect(Normalize().apply(source))
    assert source.read == 20  # ten slices of two channels


def test_a_neighbourhood_is_read_and_cut_off_again(monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.arange(9, dtype=np.float32).reshape(1, 9, 1, 1)
    seen = []

    def sums(values: np.ndarray, first: int) -> np.ndarray:
        seen.append((first, len(values)))
        padded = np.pad(values, ((1, 1), (0, 0), (0, 0)), mode="edge")
        return padded[:-2] + padded[1:-1] + padded[2:]

    source = Mapped(ArraySource(Image(array, Geometry((9, 1, 1)))), lambda channel: sums, reach=1)
    assert source.slab(0, 4, 6).ravel().tolist() == [3 + 4 + 5, 4 + 5 + 6]
    assert source.slab(0, 0, 2).ravel().tolist() == [0 + 0 + 1, 0 + 1 + 2]
    assert seen == [(3, 4), (0, 3)]
    monkeypatch.setattr(module, "SLAB_VOXELS", 1)
    fresh = Mapped(ArraySource(Image(array, Geometry((9, 1, 1)))), lambda channel: sums, reach=1)
    assert fresh.thickness == module.NEIGHBOURS


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.int16, np.uint16, ">i2"])
def test_counts_of_integers_are_those_of_numpy(rng: np.random.Generator, dtype: object) -> None:
    limits = (0, 1) if dtype is bool else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    array = rng.integers(limits[0], limits[1], (1, 5, 40, 40), endpoint=True).astype(dtype)
    found = ArraySource(Image(array, Geometry((5, 40, 40)))).counts(0)
    values, counts = np.unique(array, return_counts=True)
    assert found is not None
    np.testing.assert_array_equal(found[0], values)
    np.testing.assert_array_equal(found[1], counts)


def test_wider_types_are_not_counted() -> None:
    assert ArraySource(Image(np.zeros((1, 2, 2, 2), np.int32), Geometry((2, 2, 2)))).counts(0) is None
    assert ArraySource(Image(np.zeros((1, 2, 2, 2)), Geometry((2, 2, 2)))).counts(0) is None
