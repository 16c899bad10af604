"""Matrices along axes."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from medopt.augment.separable import along_axes, bspline_matrix, coarse_matrix, gaussian_matrix


def test_gaussian_equals_scipy_away_from_the_ends(rng: np.random.Generator) -> None:
    values = rng.normal(size=60)
    ours = gaussian_matrix(60, 1.3) @ values
    assert np.allclose(ours[8:-8], ndimage.gaussian_filter1d(values, 1.3, truncate=6)[8:-8], atol=2e-3)


@pytest.mark.parametrize("matrix", [gaussian_matrix(17, 2.0), coarse_matrix(17, 2.3), coarse_matrix(16, 4)])
def test_a_constant_stays(matrix: np.ndarray) -> None:
    assert np.allclose(matrix.sum(axis=1), 1)


def test_no_blur_is_the_identity() -> None:
    assert np.array_equal(gaussian_matrix(5, 0.0), np.eye(5))
    assert np.array_equal(coarse_matrix(5, 1.0), np.eye(5))


@pytest.mark.parametrize("size", [16, 17])
@pytest.mark.parametrize("factor", [1.3, 2.0, 2.9])
def test_lost_resolution_shifts_nothing(size: int, factor: float) -> None:
    matrix = coarse_matrix(size, factor)
    assert np.allclose(matrix, matrix[::-1, ::-1])  # mirrored input gives mirrored output: no shift either way
    ramp = matrix @ np.arange(size)
    inner = slice(3, -3)
    assert np.allclose(ramp[inner], np.arange(size)[inner], atol=0.1)  # ripple of whole voxels in coarse ones


def test_splines_sum_to_one_where_control_points_reach() -> None:
    assert np.allclose(bspline_matrix(20, 8, 5 / 19).sum(axis=1), 1)
    assert np.array_equal(bspline_matrix(4, 1, 0.3), np.ones((4, 1)))


def test_each_image_gets_its_own_matrices(rng: np.random.Generator) -> None:
    images = rng.normal(size=(2, 3, 4, 5, 6))
    rows = [[rng.normal(size=(n, n)) for n in (4, 5, 6)] for _ in range(2)]
    ours = along_axes(torch.from_numpy(images), rows)
    for s in range(2):
        oracle = np.einsum("ckji,ak,bj,di->cabd", images[s], *rows[s])
        assert np.allclose(ours[s].numpy(), oracle)
    in_plane = along_axes(torch.from_numpy(images), [[None, None, row[2]] for row in rows])
    assert np.allclose(in_plane[1].numpy(), images[1] @ rows[1][2].T)
