"""Matrices along axes."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from scipy.interpolate import BSpline

from medopt.augment.separable import Band, along_axes, bspline_matrix, coarse_band, gaussian_band, voxel_splines, within
from medopt.augment.technique import Planes


def dense(band: Band) -> np.ndarray:
    """The matrix, entry by entry."""
    size, width = band.weights.shape
    result = np.zeros((size, size))
    for row in range(size):
        for n in range(width):
            column = band.first[row] + n
            if 0 <= column < size:
                result[row, column] += band.weights[row, n]
    return result


def full(matrix: np.ndarray) -> Band:
    return Band(np.zeros(len(matrix), int), matrix)


def test_gaussian_equals_scipy_away_from_the_ends(rng: np.random.Generator) -> None:
    values = rng.normal(size=60)
    ours = dense(gaussian_band(60, 1.3)) @ values
    assert np.allclose(ours[8:-8], ndimage.gaussian_filter1d(values, 1.3, truncate=6)[8:-8], atol=2e-3)


@pytest.mark.parametrize(
    "band", [gaussian_band(17, 2.0), gaussian_band(5, 9.0), coarse_band(17, 2.3), coarse_band(16, 4), coarse_band(7, 6)]
)
def test_a_constant_stays(band: Band) -> None:
    assert np.allclose(dense(band).sum(axis=1), 1)


def test_no_blur_is_the_identity() -> None:
    assert np.array_equal(dense(gaussian_band(5, 0.0)), np.eye(5))
    assert np.array_equal(dense(coarse_band(5, 1.0)), np.eye(5))


@pytest.mark.parametrize("size", [16, 17])
@pytest.mark.parametrize("factor", [1.3, 2.0, 2.9])
def test_lost_resolution_shifts_nothing(size: int, factor: float) -> None:
    matrix = dense(coarse_band(size, factor))
    assert np.allclose(matrix, matrix[::-1, ::-1])  # mirrored input gives mirrored output: no shift either way
    ramp = matrix @ np.arange(size)
    inner = slice(3, -3)
    assert np.allclose(ramp[inner], np.arange(size)[inner], atol=0.1)  # ripple of whole voxels in coarse ones


def test_splines_sum_to_one_where_control_points_reach() -> None:
    assert np.allclose(bspline_matrix(20, 8, 5 / 19).sum(axis=1), 1)
    assert np.array_equal(bspline_matrix(4, 1, 0.3), np.ones((4, 1)))


@pytest.mark.parametrize("index", [None, np.linspace(-4, 24, 57)])
@pytest.mark.parametrize(("count", "step"), [(8, 5 / 19), (3, 0.4), (5, 1.0), (2, 0.25)])
def test_splines_equal_scipy(count: int, step: float, index: np.ndarray | None) -> None:
    spline = BSpline.basis_element(np.arange(-2.0, 3.0), extrapolate=False)
    at = ((np.arange(20) if index is None else index) - 9.5) * step + (count - 1) / 2
    oracle = np.nan_to_num(spline(at[:, None] - np.arange(count)))
    assert np.allclose(bspline_matrix(20, count, step, index), oracle, atol=1e-12)


def test_kept_splines_cannot_be_changed() -> None:
    kept = voxel_splines(20, 8, 5 / 19)
    assert np.array_equal(kept, bspline_matrix(20, 8, 5 / 19))
    with pytest.raises(ValueError, match="read-only"):
        kept[0, 0] = 1


def test_each_image_gets_its_own_matrices(rng: np.random.Generator) -> None:
    images = rng.normal(size=(2, 3, 4, 5, 6))
    rows = [[rng.normal(size=(n, n)) for n in (4, 5, 6)] for _ in range(2)]
    ours = along_axes(torch.from_numpy(images), [[full(m) for m in row] for row in rows])
    for s in range(2):
        oracle = np.einsum("ckji,ak,bj,di->cabd", images[s], *rows[s])
        assert np.allclose(ours[s].numpy(), oracle)
    in_plane = along_axes(torch.from_numpy(images), [[None, None, full(row[2])] for row in rows])
    assert np.allclose(in_plane[1].numpy(), images[1] @ rows[1][2].T)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_bands_of_different_width_equal_full_matrices(rng: np.random.Generator, axis: int) -> None:
    shape = [1, 2, 3, 4, 5]
    shape[0], shape[2 + axis] = 3, 70  # several blocks of rows
    images = rng.normal(size=shape)
    chosen = [gaussian_band(70, 0.4), coarse_band(70, 2.7), gaussian_band(70, 30.0)]
    rows = [[band if a == axis else None for a in range(3)] for band in chosen]
    ours = along_axes(torch.from_numpy(images), rows).numpy()
    for image, band, out in zip(images, chosen, ours, strict=True):
        oracle = np.moveaxis(np.tensordot(dense(band), image, (1, 1 + axis)), 0, 1 + axis)
        assert np.allclose(out, oracle)
    assert np.allclose(along_axes(images, rows), ours)


@pytest.mark.parametrize("size", [5, 16, 17, 40])
@pytest.mark.parametrize("factor", [1.3, 2.0, 3.7, 50.0])
def test_lost_resolution_equals_two_products(size: int, factor: float) -> None:
    count = max(1, round(size / factor))
    fine = np.arange(size * 1000) // 1000  # a thousand samples of each voxel
    coarse = np.arange(size * 1000) * count // (size * 1000)
    down = np.zeros((count, size))
    np.add.at(down, (coarse, fine), 1)
    down /= down.sum(axis=1, keepdims=True)
    centres = (np.arange(count) + 0.5) * size / count - 0.5
    up = np.array([np.interp(np.arange(size), centres, row) for row in np.eye(count)]).T
    assert np.allclose(dense(coarse_band(size, factor)), up @ down, atol=2e-3)


def test_some_planes_get_their_part_of_the_matrix() -> None:
    band = gaussian_band(12, 1.5)
    part = dense(within(band, Planes(3, 12), 5))
    assert np.array_equal(part, dense(band)[3:8, 3:8])
