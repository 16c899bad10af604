"""Sampling, against scipy and torch."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from scipy.spatial.transform import Rotation

from medopt.augment import gather as module
from medopt.augment.gather import gather
from medopt.augment.placement import Displacement
from medopt.augment.separable import bspline_matrix

SHAPE = (9, 11, 13)


def setting(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, np.ndarray]:
    """A box (2, 30, 32, 34), its label, a 3×4 matrix that stays inside, and the points (3, *SHAPE)."""
    rng = np.random.default_rng(seed)
    image = torch.from_numpy(rng.normal(size=(2, 30, 32, 34)).astype(np.float32))
    label = torch.from_numpy(rng.integers(0, 5, (30, 32, 34)).astype(np.int16))
    turn = Rotation.from_euler("xyz", rng.uniform(-60, 60, 3), degrees=True).as_matrix() * rng.uniform(0.6, 1.2)
    half = (np.array(SHAPE) - 1) / 2
    matrix = np.column_stack([turn, np.array([14.6, 15.3, 16.8]) - turn @ half])
    index = np.stack(np.meshgrid(*map(np.arange, SHAPE), indexing="ij"))
    points = np.einsum("ab,bkji->akji", turn, index) + matrix[:, 3].reshape(3, 1, 1, 1)
    return image, label, torch.from_numpy(matrix), points


def run(image, label, matrix, displacement=None) -> tuple[np.ndarray, np.ndarray]:
    out = torch.empty((image.shape[0], *SHAPE))
    out_label = torch.empty(SHAPE, dtype=torch.int64)
    gather(image, label, matrix, displacement, out, out_label)
    return out.numpy(), out_label.numpy()


@pytest.mark.parametrize("seed", range(5))
def test_equals_scipy(seed: int) -> None:
    image, label, matrix, points = setting(seed)
    values, labels = run(image, label, matrix)
    for channel in (0, 1):
        oracle = ndimage.map_coordinates(image[channel].numpy(), points, order=1)
        assert np.allclose(values[channel], oracle, atol=1e-4)
    nearest = ndimage.map_coordinates(label.numpy(), points, order=0)
    clear = np.abs(points - np.floor(points) - 0.5).min(axis=0) > 1e-4
    assert np.array_equal(labels[clear], nearest[clear])
    assert clear.mean() > 0.99


def test_equals_grid_sample() -> None:
    image, label, matrix, points = setting(1)
    sizes = np.array(image.shape[1:]).reshape(3, 1, 1, 1)
    grid = torch.from_numpy(np.moveaxis((2 * points / (sizes - 1) - 1)[::-1], 0, -1).copy()).float()[None]
    oracle = torch.nn.functional.grid_sample(image[None], grid, align_corners=True)[0].numpy()
    values, labels = run(image, label, matrix)
    assert np.allclose(values, oracle, atol=2e-4)
    near = torch.nn.functional.grid_sample(label[None, None].float(), grid, mode="nearest", align_corners=True)
    assert (labels == near[0, 0].numpy()).mean() > 0.999


def test_displacement_is_added_to_the_points() -> None:
    image, label, matrix, points = setting(2)
    rng = np.random.default_rng(0)
    weights = tuple(bspline_matrix(n, 5, 2 / n) for n in SHAPE)
    displacement = Displacement(rng.uniform(-2, 2, (3, 5, 5, 5)), weights)
    moved = points + np.einsum("xabc,ka,jb,ic->xkji", displacement.points, *weights)
    values, _ = run(image, label, matrix, displacement)
    assert np.allclose(values[0], ndimage.map_coordinates(image[0].numpy(), moved, order=1), atol=1e-4)


@pytest.mark.parametrize("points", [1, 40, 11 * 13 * 2, 10**9])
def test_pieces_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch, points: int) -> None:
    image, label, matrix, _ = setting(3)
    expected = run(image, label, matrix)
    monkeypatch.setattr(module, "POINTS_AT_ONCE", points)
    again = run(image, label, matrix)
    assert np.array_equal(expected[0], again[0])
    assert np.array_equal(expected[1], again[1])


def test_boxes_too_large_for_exact_floats_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    image, label, matrix, _ = setting(4)
    expected = run(image, label, matrix)
    monkeypatch.setattr(module, "LARGEST_EXACT", 0)
    again = run(image, label, matrix)
    assert np.array_equal(expected[0], again[0])
    assert np.array_equal(expected[1], again[1])


def test_turns_within_the_plane_equal_scipy_slice_by_slice() -> None:
    image, label, _, _ = setting(0)
    angle = 0.4
    matrix = np.array([[1, 0, 0, 7], [0, np.cos(angle), -np.sin(angle), 12], [0, np.sin(angle), np.cos(angle), 9]])
    values, _ = run(image, label, torch.from_numpy(matrix))
    for k in range(SHAPE[0]):
        oracle = ndimage.affine_transform(image[0, k + 7].numpy(), matrix[1:, 1:3], matrix[1:, 3], SHAPE[1:], order=1)
        assert np.allclose(values[0, k], oracle, atol=1e-4)
