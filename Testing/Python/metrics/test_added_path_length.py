"""Added path length against a walk over every voxel, and against SimpleITK's contours of slices."""

from __future__ import annotations

import math

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray

from medopt import MedOptError
from medopt.metrics import AddedPath, added_path_length
from medopt.metrics.added_path_length import slice_edges


def walked(mask: NDArray) -> set[tuple[int, int, int]]:
    """Edge voxels, one after another."""
    found = set()
    inside = {tuple(int(n) for n in voxel) for voxel in np.argwhere(mask)}
    for k, j, i in inside:
        if any((k, j + dj, i + di) not in inside for dj, di in ((-1, 0), (1, 0), (0, -1), (0, 1))):
            found.add((k, j, i))
    return found


@pytest.mark.parametrize("density", [0.1, 0.5, 0.9])
def test_equal_to_a_walk_over_every_voxel(rng: np.random.Generator, density: float) -> None:
    for shape in ((4, 9, 7), (1, 12, 12), (3, 1, 5)):
        before, after = rng.random(shape) < density, rng.random(shape) < density
        expected = len(walked(after) - walked(before))
        assert added_path_length(before, after, (3.0, 0.5, 0.5)) == AddedPath(expected, expected * 0.5)


def test_edges_are_those_of_simpleitk_in_each_slice(rng: np.random.Generator) -> None:
    mask = np.pad(rng.random((3, 20, 22)) < 0.7, ((0, 0), (1, 1), (1, 1)))  # its filter has no edge at the border
    contours = [
        sitk.GetArrayFromImage(sitk.LabelContour(sitk.GetImageFromArray(part.astype(np.uint8)), fullyConnected=False))
        for part in mask
    ]
    np.testing.assert_array_equal(slice_edges(mask), np.stack(contours) != 0)


def test_what_is_drawn_counts_and_what_is_deleted_does_not() -> None:
    small = np.zeros((2, 12, 12), np.uint8)
    small[0, 2:6, 2:6] = 1
    both = small.copy()
    both[0, 8:11, 8:11] = 3
    spacing = (5.0, 1.0, 4.0)
    assert added_path_length(small, small, spacing) == AddedPath(0, 0.0)
    assert added_path_length(small, both, spacing) == AddedPath(8, 16.0)  # a ring of eight, √(1·4) mm each
    assert added_path_length(both, small, spacing) == AddedPath(0, 0.0)
    nothing = np.zeros_like(small)
    assert added_path_length(nothing, small, spacing).voxels == 12
    assert added_path_length(small, nothing, spacing).voxels == 0


def test_a_mask_is_closed_where_the_image_ends_and_slices_are_no_neighbours() -> None:
    full = np.ones((3, 4, 4), bool)
    assert added_path_length(np.zeros_like(full), full, (1, 1, 1)).voxels == 3 * 12


def test_a_grown_disk_has_the_length_of_its_new_outline() -> None:
    j, i = np.meshgrid(np.arange(101) - 50, np.arange(101) - 50, indexing="ij")
    disk = [(j**2 + i**2 <= r**2)[None] for r in (30, 35)]
    length = added_path_length(*disk, (1.0, 0.5, 0.5)).mm
    assert length == pytest.approx(4 * math.sqrt(2) * 35 * 0.5, rel=0.03)  # pixels of a circle with four neighbours


def test_wrong_input_is_told() -> None:
    with pytest.raises(MedOptError, match=r"do not fit together: expected two arrays of one shape.*found \(2, 2, 2\)"):
        added_path_length(np.zeros((2, 2, 2)), np.zeros((2, 2, 3)), (1, 1, 1))
    with pytest.raises(MedOptError, match="wrong spacing: expected three numbers above 0 mm"):
        added_path_length(np.zeros((2, 2, 2)), np.zeros((2, 2, 2)), (1, 0, 1))
