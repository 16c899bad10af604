"""Intensity normalization."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from medopt import MedOptError
from medopt.image import Geometry, Image
from medopt.preprocess import Normalize, Pipeline, PreprocessSettings

GRID = Geometry((10, 10, 10))


def run(step: Normalize, array: np.ndarray) -> np.ndarray:
    return Pipeline([step]).image(Image(array.reshape(1, 10, 10, 10), GRID)).array[0]


def test_zscore_is_that_of_numpy(rng: np.random.Generator) -> None:
    values = rng.normal(50, 9, 1000)
    out = run(Normalize(clip=None), values)
    assert np.allclose(out.ravel(), (values - values.mean()) / values.std(), atol=1e-5)


def test_clipping_makes_it_robust_against_one_wild_voxel(rng: np.random.Generator) -> None:
    values = rng.normal(50, 9, 1000)
    wild = values.copy()
    wild[0] = 1e9
    clipped = np.clip(values, *np.percentile(values, (0.5, 99.5)))
    assert np.allclose(run(Normalize(), values).ravel(), (clipped - clipped.mean()) / clipped.std(), atol=1e-5)
    assert np.abs(run(Normalize(), wild).ravel()[1:] - run(Normalize(), values).ravel()[1:]).max() < 0.2


@pytest.mark.parametrize(("method", "low", "high"), [("0..1", 0, 1), ("-1..1", -1, 1)])
def test_ranges_are_met_exactly(rng: np.random.Generator, method: str, low: float, high: float) -> None:
    values = rng.normal(50, 9, 1000)
    for clip in (None, (2, 98)):
        out = run(Normalize(method=method, clip=clip), values)
        assert out.min() == pytest.approx(low, abs=1e-6)
        assert out.max() == pytest.approx(high, abs=1e-6)
        assert (np.argsort(out.ravel())[[0, -1]] == np.argsort(values)[[0, -1]]).all() or clip


def test_percentile_keeps_the_tails(rng: np.random.Generator) -> None:
    values = rng.normal(50, 9, 1000)
    out = run(Normalize(method="percentile", clip=(10, 90)), values)
    assert np.percentile(out, (10, 90)) == pytest.approx([0, 1], abs=1e-5)
    assert out.max() > 1.2


def test_regions_give_the_statistics_and_all_voxels_are_changed() -> None:
    values = np.zeros(1000)
    values[:200] = np.linspace(10, 20, 200)
    brain = values[:200]
    for region in ("non_zero", "above_mean"):
        out = run(Normalize(region=region, clip=None), values).ravel()
        assert np.allclose(out[:200], (brain - brain.mean()) / brain.std(), atol=1e-5)
        assert np.allclose(out[200:], -brain.mean() / brain.std(), atol=1e-5)


@pytest.mark.parametrize("method", ["zscore", "0..1", "-1..1", "percentile"])
@pytest.mark.parametrize("region", ["image", "above_mean", "non_zero"])
@pytest.mark.parametrize("value", [0.0, 7.3, -1024.0, 1.7e6])
def test_a_constant_image_becomes_zero(method: str, region: str, value: float) -> None:
    assert not run(Normalize(method=method, region=region), np.full(1000, value)).any()


def test_channels_are_treated_one_by_one_and_only_those_named(rng: np.random.Generator) -> None:
    array = rng.normal(size=(3, 10, 10, 10)) * np.array([1, 100, 1e6]).reshape(3, 1, 1, 1)
    image = Image(array, GRID)
    out = Pipeline([Normalize()]).image(image).array
    assert np.allclose(out.std(axis=(1, 2, 3)), 1, atol=1e-4)
    out = Pipeline([Normalize(channels=(1,))]).image(image).array
    assert np.array_equal(out[[0, 2]], array[[0, 2]].astype(np.float32))
    with pytest.raises(MedOptError, match=r"'normalize' names a channel.*expected channels from 0 to 2, found 3"):
        Pipeline([Normalize(channels=(0, 3))]).image(image)


def test_the_scale_of_the_input_does_not_matter(rng: np.random.Generator) -> None:
    values = rng.gamma(2, size=1000)
    first = run(Normalize(), values)
    for factor in (1e-3, 112, 1.7e6):
        assert np.allclose(run(Normalize(), values * factor), first, atol=1e-3)


def test_percentiles_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(MedOptError, match=r"normalize.clip': the lower percentile must lie below"):
        PreprocessSettings.parse({"steps": [{"step": "normalize", "clip": [99, 1]}]}, "recipe.yaml")


def test_real_mr_of_any_scale_comes_out_alike(real_data: Path) -> None:
    files = sorted((real_data / "hippocampus" / "imagesTr").glob("*.nii.gz"))[::6]
    raw, done = [], []
    for file in files:
        array = sitk.GetArrayFromImage(sitk.ReadImage(str(file)))[None]
        raw.append(float(array.max()))
        done.append(Pipeline(PreprocessSettings()).image(Image(array, Geometry(array.shape[1:]))).array)
    assert len(files) > 20
    assert max(raw) / min(raw) > 100
    for values in done:
        assert abs(values.mean()) < 1e-4
        assert values.std() == pytest.approx(1, abs=1e-4)
        assert -4 < values.min() < -0.5
        assert 1 < values.max() < 8


def test_rounding_alone_is_no_contrast() -> None:
    values = np.full(1000, 1e6, np.float32)
    values[::2] = np.nextafter(np.float32(1e6), np.float32(2e6))
    assert not run(Normalize(), values).any()
