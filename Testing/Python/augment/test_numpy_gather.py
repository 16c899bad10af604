"""Sampling by numpy, against scipy."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.transform import Rotation

from medopt.augment import numpy_gather as module
from medopt.augment.numpy_gather import Source, gather
from medopt.augment.placement import Displacement
from medopt.augment.separable import bspline_matrix

SHAPE = (9, 11, 13)
MODES = {"zeros": "grid-constant", "edge": "nearest"}


def setting(seed: int, middle: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A volume (2, 20, 22, 24), its label, a 3×4 matrix about ``middle``, and the points (3, *SHAPE)."""
    rng = np.random.default_rng(seed)
    image = rng.normal(size=(2, 20, 22, 24)).astype(np.float32)
    label = rng.integers(0, 5, image.shape[1:]).astype(np.int16)
    turn = Rotation.from_euler("xyz", rng.uniform(-60, 60, 3), degrees=True).as_matrix() * rng.uniform(0.6, 1.2)
    matrix = np.column_stack([turn, np.array(middle) - turn @ ((np.array(SHAPE) - 1) / 2)])
    index = np.stack(np.meshgrid(*map(np.arange, SHAPE), indexing="ij"))
    return image, label, matrix, np.einsum("ab,bkji->akji", turn, index) + matrix[:, 3].reshape(3, 1, 1, 1)


def run(source: Source, matrix: np.ndarray, displacement: Displacement | None = None, planes: tuple = (0, 9)) -> tuple:
    shape = (planes[1] - planes[0], *SHAPE[1:])
    image, label = np.empty((source.image.shape[0], *shape), np.float32), np.empty(shape, np.int16)
    gather(source, matrix, displacement, planes, image, label)
    return image, label


@pytest.mark.parametrize("border", ["zeros", "edge"])
@pytest.mark.parametrize("middle", [(9.6, 10.3, 11.8), (1.2, 20.4, 12.0), (-2.0, 3.0, 23.5), (-40.0, 5.0, 5.0)])
@pytest.mark.parametrize("seed", range(3))
def test_equals_scipy_inside_and_across_the_border(seed: int, middle: tuple, border: str) -> None:
    image, label, matrix, points = setting(seed, middle)
    values, labels = run(Source(image, label, (0, 0, 0), border), matrix)
    for channel in (0, 1):
        oracle = ndimage.map_coordinates(image[channel], points, order=1, mode=MODES[border])
        assert np.allclose(values[channel], oracle, atol=1e-4)
    nearest = ndimage.map_coordinates(label, points, order=0, mode=MODES[border])
    clear = np.abs(points - np.floor(points) - 0.5).min(axis=0) > 1e-4
    assert np.array_equal(labels[clear], nearest[clear])
    assert clear.mean() > 0.99


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float64])
def test_volumes_of_any_type_and_a_start(dtype: type) -> None:
    image, label, matrix, _ = setting(1, (9.0, 10.0, 11.0))
    image = np.abs(image * 50).astype(dtype)
    expected = run(Source(image.astype(np.float32), label, (0, 0, 0), "zeros"), matrix)
    moved = matrix.copy()
    moved[:, 3] -= (3, -2, 5)
    found = run(Source(image, label, (3, -2, 5), "zeros"), moved)
    assert np.allclose(found[0], expected[0], atol=1e-3)
    assert (found[1] != expected[1]).mean() < 0.001


@pytest.mark.parametrize("points", [1, 40, 11 * 13 * 2, 10**9])
def test_pieces_and_planes_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch, points: int) -> None:
    image, label, matrix, _ = setting(3, (4.0, 10.0, 11.0))
    rng = np.random.default_rng(0)
    displacement = Displacement(rng.uniform(-2, 2, (3, 5, 5, 5)), tuple(bspline_matrix(n, 5, 2 / n) for n in SHAPE))
    source = Source(image, label, (0, 0, 0), "zeros")
    expected = run(source, matrix, displacement)
    monkeypatch.setattr(module, "POINTS_AT_ONCE", points)
    for first, last in ((0, 9), (4, 5), (2, 7)):
        values, labels = run(source, matrix, displacement, (first, last))
        assert np.allclose(values, expected[0][:, first:last], atol=1e-4)
        assert (labels != expected[1][first:last]).mean() < 0.002


def test_displacement_is_added_to_the_points() -> None:
    image, label, matrix, points = setting(2, (9.0, 10.0, 11.0))
    rng = np.random.default_rng(0)
    weights = tuple(bspline_matrix(n, 5, 2 / n) for n in SHAPE)
    displacement = Displacement(rng.uniform(-2, 2, (3, 5, 5, 5)), weights)
    moved = points + np.einsum("xabc,ka,jb,ic->xkji", displacement.points, *weights)
    values, _ = run(Source(image, label, (0, 0, 0), "zeros"), matrix, displacement)
    assert np.allclose(values[0], ndimage.map_coordinates(image[0], moved, order=1, mode="grid-constant"), atol=1e-4)


def test_ties_go_to_the_even_voxel() -> None:
    label = np.arange(6, dtype=np.int16).reshape(1, 1, 6)
    matrix = np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0.5]])
    found = np.empty((1, 1, 4), np.int16)
    source = Source(label[None].astype(np.float32), label, (0, 0, 0), "zeros")
    gather(source, matrix, None, (0, 1), np.empty((1, 1, 1, 4), np.float32), found)
    assert found.ravel().tolist() == [0, 2, 2, 4]
