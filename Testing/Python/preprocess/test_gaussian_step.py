"""Gaussian filter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from medopt import MedOptError
from medopt.image import Geometry, Image
from medopt.preprocess import Gaussian, Pipeline, PreprocessSettings
from medopt.preprocess import source as module


def run(step: Gaussian, array: np.ndarray, spacing: tuple[float, float, float] = (1, 1, 1)) -> np.ndarray:
    return Pipeline([step]).image(Image(array[None], Geometry(array.shape, spacing))).array[0]


@pytest.mark.parametrize("sigma", [(1, 1, 1), (0, 2.3, 0.7), (1.6, 0, 0), (0.3, 5, 5)])
@pytest.mark.parametrize("voxels", [1, 1 << 18])
def test_equals_scipy_at_the_border_too(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, sigma: tuple[float, float, float], voxels: int
) -> None:
    monkeypatch.setattr(module, "SLAB_VOXELS", voxels)
    array = rng.normal(size=(45, 30, 25)).astype(np.float32)
    oracle = ndimage.gaussian_filter(array.astype(np.float64), sigma, mode="nearest", truncate=4.0)
    np.testing.assert_allclose(run(Gaussian(sigma=sigma, unit="voxels"), array), oracle, atol=2e-6)


def test_mm_become_voxels_of_the_image_and_one_slice_is_smoothed_in_its_plane(rng: np.random.Generator) -> None:
    array = rng.normal(size=(1, 30, 30)).astype(np.float32)
    oracle = ndimage.gaussian_filter(array[0].astype(np.float64), (2, 1), mode="nearest")
    np.testing.assert_allclose(run(Gaussian(sigma=(1, 1, 1)), array, (5.0, 0.5, 1.0))[0], oracle, atol=2e-6)


def test_a_constant_keeps_its_value(rng: np.random.Generator) -> None:
    np.testing.assert_allclose(run(Gaussian(sigma=(2, 2, 2)), np.full((8, 8, 8), -1024.0)), -1024, rtol=1e-6)


def test_a_negative_width_is_named() -> None:
    with pytest.raises(MedOptError, match=r"steps.0.gaussian.sigma.*greater than or equal to 0"):
        PreprocessSettings.parse({"steps": [{"step": "gaussian", "sigma": [1, -1, 1]}]}, "recipe.yaml")
