"""Values on another grid, against SimpleITK and scipy."""

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from medopt.image import Geometry
from medopt.preprocess import resample
from medopt.preprocess.sampling import smoothed
from medopt.preprocess.weights import axis_weights


def smooth_volume(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return ndimage.gaussian_filter(rng.normal(size=shape), 1.5).astype(np.float32)


def by_itk(values: np.ndarray, source: Geometry, target: Geometry, kind: int, fill: float) -> np.ndarray:
    image = sitk.GetImageFromArray(values)
    _, spacing, origin, direction = source.to_itk()
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    image.SetDirection(direction)
    size, spacing, origin, direction = target.to_itk()
    out = sitk.Resample(image, size, sitk.Transform(), kind, origin, spacing, direction, fill, sitk.sitkFloat32)
    return sitk.GetArrayFromImage(out)


@pytest.mark.parametrize("shape", [(9, 14, 13), (3, 5, 21), (12, 16, 20)])
def test_linear_equals_simpleitk(oblique: Geometry, rng: np.random.Generator, shape: tuple[int, int, int]) -> None:
    values = smooth_volume(rng, oblique.shape)
    target = oblique.resized(shape)
    ours = resample(values[None], oblique, target)
    assert np.allclose(ours[0], by_itk(values, oblique, target, sitk.sitkLinear, 0), atol=1e-5)


def test_linear_with_a_larger_field_of_view_equals_simpleitk(oblique: Geometry, rng: np.random.Generator) -> None:
    values = smooth_volume(rng, oblique.shape)
    target = oblique.cropped((-3, -2, -4), (12, 12, 18)).resized((20, 17, 25))
    ours = resample(values[None], oblique, target, fill=-5)
    itk = by_itk(values, oblique, target, sitk.sitkLinear, -5)
    assert np.allclose(ours[0], itk, atol=1e-5)
    assert (ours == -5).any()


def test_cubic_equals_scipy_splines(rng: np.random.Generator) -> None:
    values = smooth_volume(rng, (10, 12, 14))
    source = Geometry(values.shape)
    target = source.cropped((1, 1, 1), (8, 10, 12)).resized((13, 15, 11))
    index = np.stack(np.meshgrid(*map(np.arange, target.shape), indexing="ij"), -1)
    places = source.lps_to_index(target.index_to_lps(index))
    oracle = ndimage.map_coordinates(values.astype(float), np.moveaxis(places, -1, 0), order=3, mode="mirror")
    ours = resample(values[None], source, target, interpolation="cubic")[0]
    assert np.allclose(ours, np.clip(oracle, values.min(), values.max()), atol=1e-5)


def test_cubic_never_leaves_the_range_of_the_channel() -> None:
    step = np.zeros((1, 1, 1, 20), np.float32)
    step[..., 10:] = 1
    grid = Geometry((1, 1, 20))
    ours = resample(step, grid, grid.resized((1, 1, 53)), interpolation="cubic")
    assert ours.min() == 0
    assert ours.max() == 1


@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
def test_turned_grids_go_through_the_patient(rng: np.random.Generator, oblique: Geometry, interpolation: str) -> None:
    source = Geometry((30, 30, 30), (1, 1, 1), (-15, -15, -15))
    values = ndimage.gaussian_filter(rng.normal(size=source.shape), 3).astype(np.float32)
    target = Geometry((6, 8, 10), (1, 0.8, 0.7), (-4, -4, -4), oblique.direction)
    index = np.stack(np.meshgrid(*map(np.arange, target.shape), indexing="ij"), -1)
    places = np.moveaxis(source.lps_to_index(target.index_to_lps(index)), -1, 0)
    oracle = ndimage.map_coordinates(values, places, order=1 if interpolation == "linear" else 3)
    assert places.min() > 0
    assert np.allclose(resample(values[None], source, target, interpolation=interpolation)[0], oracle, atol=1e-4)


def test_grids_that_differ_by_whole_voxels_are_copied_to_the_bit(oblique: Geometry, rng: np.random.Generator) -> None:
    values = rng.normal(size=(2, *oblique.shape)).astype(np.float32)
    target = oblique.cropped((-1, -2, 3), (9, 9, 9))
    ours = resample(values, oblique, target, interpolation="cubic", anti_alias=True, fill=3)
    assert np.array_equal(ours[:, 1:7, 2:9, :7], values[:, :, :7, 3:10])
    assert (ours[:, 0] == 3).all()


def test_anti_aliasing_removes_what_the_new_grid_cannot_hold() -> None:
    source = Geometry((1, 1, 300))
    stripes = np.tile(np.float32([0, 1]), 150)[None, None, None]  # one voxel wide: nothing of it may survive
    target = source.resized((1, 1, 66))
    rough = resample(stripes, source, target)[0, 0, 0, 3:-3]
    fine = resample(stripes, source, target, anti_alias=True)[0, 0, 0, 3:-3]
    assert rough.std() > 0.1
    assert fine.std() < 0.01
    assert np.allclose(fine.mean(), 0.5, atol=0.01)


def test_anti_aliasing_leaves_axes_alone_that_get_finer(rng: np.random.Generator) -> None:
    values = rng.normal(size=(6, 7, 8)).astype(np.float32)
    grid = Geometry(values.shape)
    assert np.array_equal(smoothed(values, grid, grid.resized((12, 7, 9))), values)


def test_a_constant_stays_constant_and_a_ramp_straight() -> None:
    grid = Geometry((8, 8, 8), (2, 1, 1))
    ramp = np.broadcast_to(np.arange(8, dtype=np.float32)[:, None, None], (8, 8, 8))
    target = grid.cropped((2, 2, 2), (4, 4, 4)).resized((9, 9, 9))
    places = grid.lps_to_index(target.index_to_lps(np.stack([np.arange(9)] + [np.zeros(9)] * 2, -1)))[:, 0]
    for interpolation in ("linear", "cubic"):
        out = resample(ramp[None], grid, target, interpolation=interpolation)[0, :, 0, 0]
        assert np.allclose(out, places, atol=1e-4 if interpolation == "linear" else 0.05)
        assert np.allclose(resample(np.full((1, 8, 8, 8), 4.0), grid, target, interpolation=interpolation), 4)


def test_a_single_voxel_axis_can_be_stretched() -> None:
    grid = Geometry((1, 4, 4))
    out = resample(np.ones((1, 1, 4, 4)), grid, grid.resized((3, 4, 4)), interpolation="cubic")
    assert out.shape == (1, 3, 4, 4)
    assert (out == 1).all()


def test_weights_sum_to_one_and_say_what_lies_outside() -> None:
    for kind in ("linear", "cubic"):
        weights = axis_weights(5, -1.0, 0.5, 14, kind)
        assert np.allclose(weights.weight.sum(axis=0), 1, atol=1e-6)
        assert weights.index.min() >= 0
        assert weights.index.max() <= 4
        assert weights.inside.tolist() == [False] + [True] * 11 + [False] * 2
