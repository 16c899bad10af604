"""Grids from files, and arrays between grids that differ by whole voxels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.io.grids import geometry_from_columns, place_on_grid, turned, whole_voxel_shift

HERE = Path("scan.nrrd")


def test_columns_give_the_grid_back(oblique: Geometry) -> None:
    found = geometry_from_columns(oblique.shape, oblique.matrix[:3, :3], oblique.origin, HERE)
    assert found.is_close(oblique, 1e-12)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_sheared_grid_is_refused_with_its_angles(oblique: Geometry, axis: int) -> None:
    columns = oblique.matrix[:3, :3].copy()
    columns[:, axis] += 0.05 * columns[:, axis - 1]
    with pytest.raises(MedOptError, match=r"scan.nrrd: the voxel grid is sheared.*right angles.*degrees.*Resample"):
        geometry_from_columns(oblique.shape, columns, oblique.origin, HERE)


@pytest.mark.parametrize("bad", [0.0, float("nan"), float("inf")])
def test_a_column_that_is_no_vector_is_refused(bad: float) -> None:
    columns = np.eye(3)
    columns[:, 1] = bad
    with pytest.raises(MedOptError, match="orientation is not usable"):
        geometry_from_columns((2, 2, 2), columns, (0, 0, 0), HERE)


@given(st.tuples(*[st.integers(-4, 4)] * 3))
def test_shift_between_cropped_grids(start: tuple[int, int, int]) -> None:
    full = Geometry((6, 8, 10), (2.0, 0.7, 0.7), (1.0, 2.0, 3.0))
    assert whole_voxel_shift(full.cropped(start, (3, 3, 3)), full) == start


@pytest.mark.parametrize(
    "other",
    [
        Geometry((4, 4, 4), (1, 1, 1), (0.5, 0, 0)),
        Geometry((4, 4, 4), (1, 1, 1.1)),
        Geometry((4, 4, 4), direction=((0, 0, 1), (0.6, 0.8, 0), (0.8, -0.6, 0))),
    ],
    ids=["half a voxel", "spacing", "oblique"],
)
def test_no_shift_between_other_grids(other: Geometry) -> None:
    grid = Geometry((4, 4, 4))
    assert whole_voxel_shift(other, grid) is None
    with pytest.raises(MedOptError, match=r"label.nrrd: the grids do not fit"):
        place_on_grid(np.ones(other.shape), other, grid, "label.nrrd")


def test_crop_and_pad_are_inverse(oblique: Geometry, rng: np.random.Generator) -> None:
    array = rng.integers(1, 9, (2, *oblique.shape))
    larger = oblique.cropped((-2, -1, -3), (11, 12, 15))
    padded = place_on_grid(array, oblique, larger)
    assert padded.shape == (2, *larger.shape)
    np.testing.assert_array_equal(padded[:, 2:8, 1:9, 3:13], array)
    assert np.count_nonzero(padded) == array.size
    np.testing.assert_array_equal(place_on_grid(padded, larger, oblique), array)


def test_the_same_grid_returns_the_same_array(oblique: Geometry) -> None:
    array = np.ones(oblique.shape)
    assert place_on_grid(array, oblique, oblique) is array


@given(st.permutations([0, 1, 2]), st.tuples(*[st.booleans()] * 3), st.booleans())
def test_axes_are_turned_and_voxels_stay_in_place(order: list[int], flips: tuple[bool, ...], crop: bool) -> None:
    """Every voxel is found again at its own place in the patient, whatever the order and sense of the axes."""
    turn = np.array([[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]])
    target = Geometry((3, 4, 5), (2.5, 0.8, 0.7), (-31.0, 12.5, 88.0), tuple(map(tuple, turn)))
    signs = np.where(flips, -1.0, 1.0)
    direction = turn[:, order] * signs
    shape = [target.shape[a] for a in order]
    first = np.zeros(3)
    for axis, flip in zip(order, flips, strict=True):
        first[axis] = target.shape[axis] - 1 if flip else 0
    spacing = tuple(target.spacing[a] for a in order)
    grid = Geometry(tuple(shape), spacing, tuple(target.index_to_lps(first)), tuple(map(tuple, direction)))
    array = np.arange(1, 61).reshape(shape)
    if crop:
        larger = grid.cropped((-1, -2, -1), [n + 3 for n in shape])
        array, grid = place_on_grid(array, grid, larger), larger
    placed = place_on_grid(array, grid, target)
    assert placed.shape == target.shape
    for index in np.argwhere(array):
        k, j, i = np.rint(target.lps_to_index(grid.index_to_lps(index))).astype(int)
        assert placed[k, j, i] == array[tuple(index)]
    same, geometry = turned(placed, target, target)
    assert same is placed
    assert geometry is target


def test_what_lies_outside_may_only_be_background(oblique: Geometry) -> None:
    array = np.zeros(oblique.shape, np.uint8)
    smaller = oblique.cropped((1, 1, 1), (2, 2, 2))
    assert not place_on_grid(array, oblique, smaller).any()
    array[0, 0, 0] = 1
    with pytest.raises(MedOptError, match=r"outside the image.*1 voxels outside"):
        place_on_grid(array, oblique, smaller)


def test_grids_beside_each_other_share_nothing(oblique: Geometry) -> None:
    beside = oblique.cropped((100, 0, 0), oblique.shape)
    assert not place_on_grid(np.zeros(oblique.shape, int), oblique, beside).any()
    with pytest.raises(MedOptError, match="outside"):
        place_on_grid(np.ones(oblique.shape, int), oblique, beside)
