"""Steps in a row, and what is refused."""

import subprocess
import sys

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Geometry, Image, LabelMap
from medopt.preprocess import CropForeground, Normalize, Pipeline, Resample, Resize, Window, resample_label


def test_the_given_image_is_left_as_it_is(oblique: Geometry, rng: np.random.Generator) -> None:
    array = rng.normal(size=(1, *oblique.shape)).astype(np.float32)
    before = array.copy()
    out = Pipeline([Window(level=0, width=1), Normalize(), Resize(shape=(4, 4, 4))]).image(Image(array, oblique))
    assert np.array_equal(array, before)
    assert out.array.dtype == np.float32
    assert out.array.flags.c_contiguous


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float64, bool])
def test_any_voxel_type_becomes_float32(oblique: Geometry, dtype: type) -> None:
    image = Image(np.ones((1, *oblique.shape), dtype), oblique)
    out = Pipeline([]).image(image)
    assert out.array.dtype == np.float32
    assert (out.array == 1).all()
    assert out.geometry == oblique


def test_label_and_image_land_on_the_same_grid(oblique: Geometry) -> None:
    array = np.zeros((1, *oblique.shape), np.float32)
    array[0, 1:5, 2:6, 3:8] = 100
    pipeline = Pipeline([CropForeground(), Resample(spacing=(1, 1, 1)), Normalize(), Resize(shape=(12, 12, 12))])
    prepared = pipeline.image(Image(array, oblique))
    label = LabelMap((array[0] > 0).astype(np.uint8), oblique)
    out = pipeline.label(label, prepared.geometry)
    assert out.geometry == prepared.geometry
    assert np.array_equal(out.array, resample_label(label, prepared.geometry).array)
    volume = out.array.sum() * out.geometry.voxel_volume
    assert volume == pytest.approx(label.array.sum() * oblique.voxel_volume, rel=0.15)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e39])
def test_voxels_that_are_no_finite_numbers_are_counted_and_refused(oblique: Geometry, bad: float) -> None:
    array = np.zeros((1, *oblique.shape))
    array[0, 0, 0, :2] = bad
    with pytest.raises(MedOptError, match=r"not finite numbers.*found 2 of 480 voxels"):
        Pipeline([]).image(Image(array, oblique))


def test_an_image_without_channels_is_refused(oblique: Geometry) -> None:
    with pytest.raises(MedOptError, match="the image is empty: expected at least one channel"):
        Pipeline([]).image(Image(np.zeros((0, *oblique.shape), np.float32), oblique))


def test_another_number_of_channels_is_refused(oblique: Geometry) -> None:
    with pytest.raises(MedOptError, match="another number of channels than the recipe: expected 1, found 3"):
        Pipeline([], channels=1).image(Image(np.zeros((3, *oblique.shape), np.uint8), oblique))


def test_neither_torch_nor_monai_nor_onnxruntime_is_loaded() -> None:
    code = "import sys, medopt.preprocess; print([m for m in ('torch', 'monai', 'onnxruntime') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
