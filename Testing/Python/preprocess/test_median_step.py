"""Median filter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from medopt import MedOptError
from medopt.image import Geometry, Image
from medopt.preprocess import Median, Pipeline, PreprocessSettings
from medopt.preprocess import source as module


def run(step: Median, array: np.ndarray, spacing: tuple[float, float, float] = (1, 1, 1)) -> np.ndarray:
    return Pipeline([step]).image(Image(array[None], Geometry(array.shape, spacing))).array[0]


@pytest.mark.parametrize("radius", [(1, 1, 1), (0, 2, 2), (2, 0, 1), (1, 3, 2), (2, 3, 3)])
@pytest.mark.parametrize("voxels", [1, 1 << 18])
def test_equals_scipy_at_the_border_too(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, radius: tuple[int, int, int], voxels: int
) -> None:
    monkeypatch.setattr(module, "SLAB_VOXELS", voxels)
    array = (rng.normal(size=(21, 12, 11)) * 100).astype(np.int16)
    oracle = ndimage.median_filter(array, [2 * r + 1 for r in radius], mode="nearest")
    np.testing.assert_array_equal(run(Median(radius=radius), array), oracle)


def test_mm_are_rounded_to_voxels_of_the_image(rng: np.random.Generator) -> None:
    array = rng.normal(size=(9, 12, 12)).astype(np.float32)
    out = run(Median(radius=(1, 1, 1), unit="mm"), array, (3.0, 0.5, 1.0))
    np.testing.assert_array_equal(out, ndimage.median_filter(array, (1, 5, 3), mode="nearest"))


def test_one_slice_and_no_radius(rng: np.random.Generator) -> None:
    array = rng.normal(size=(1, 12, 12)).astype(np.float32)
    np.testing.assert_array_equal(
        run(Median(radius=(2, 1, 1)), array)[0], ndimage.median_filter(array[0], 3, mode="nearest")
    )
    np.testing.assert_array_equal(run(Median(radius=(0, 0, 0)), array), array)


def test_whole_numbers_stay_whole_on_disk_too(rng: np.random.Generator) -> None:
    array = (rng.normal(size=(1, 6, 12, 12)) * 100).astype(np.int16)
    assert Pipeline([Median()]).image(Image(array, Geometry((6, 12, 12))), dtype="smallest").array.dtype == np.int16


@pytest.mark.parametrize("radius", [[-1, 1, 1], [1, 1], ["a", 1, 1], [float("inf"), 1, 1]])
def test_impossible_sizes_are_named(radius: list) -> None:
    with pytest.raises(MedOptError, match=r"steps.0.median.radius"):
        PreprocessSettings.parse({"steps": [{"step": "median", "radius": radius}]}, "recipe.yaml")
