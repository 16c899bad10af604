"""How two grids lie to each other."""

import numpy as np

from medopt.image import Geometry
from medopt.preprocess.grids import along_axes, index_map, shifted_copy, whole_voxel_shift


def test_a_cropped_or_padded_grid_is_a_whole_shift(oblique: Geometry) -> None:
    assert whole_voxel_shift(oblique, oblique.cropped((-2, 3, 1), (4, 9, 2))) == (-2, 3, 1)


def test_a_header_rounded_to_six_digits_is_still_the_same_grid(oblique: Geometry) -> None:
    rounded = Geometry(
        oblique.shape,
        tuple(np.round(oblique.spacing, 6)),
        tuple(np.round(oblique.origin, 4)),
        tuple(tuple(np.round(row, 6)) for row in oblique.direction),
    )
    assert whole_voxel_shift(oblique, rounded) == (0, 0, 0)


def test_half_a_voxel_is_no_whole_shift_but_shares_axes(oblique: Geometry) -> None:
    origin = oblique.index_to_lps((0, 0.5, 0))
    moved = Geometry(oblique.shape, oblique.spacing, tuple(origin), oblique.direction)
    assert whole_voxel_shift(oblique, moved) is None
    assert np.allclose(along_axes(oblique, moved), [(0, 1), (0.5, 1), (0, 1)])


def test_other_spacing_shares_axes_and_a_turn_does_not(oblique: Geometry) -> None:
    assert np.allclose([step for _, step in along_axes(oblique, oblique.resized((3, 16, 10)))], [2, 0.5, 1])
    assert along_axes(oblique, Geometry(oblique.shape, oblique.spacing, oblique.origin)) is None


def test_a_mirrored_axis_is_shared_with_a_negative_step(oblique: Geometry) -> None:
    direction = np.asarray(oblique.direction) * [1, 1, -1]
    last = oblique.index_to_lps((0, 0, oblique.shape[2] - 1))
    mirrored = Geometry(oblique.shape, oblique.spacing, tuple(last), tuple(map(tuple, direction)))
    assert whole_voxel_shift(oblique, mirrored) is None
    assert np.allclose(along_axes(oblique, mirrored), [(0, 1), (0, 1), (oblique.shape[2] - 1, -1)])


def test_index_map_goes_through_the_patient(oblique: Geometry, rng: np.random.Generator) -> None:
    other = Geometry((3, 4, 5), (1, 2, 3), (5, 6, 7))
    index = rng.uniform(0, 5, (20, 3))
    mapped = np.c_[index, np.ones(20)] @ index_map(oblique, other).T
    assert np.allclose(oblique.index_to_lps(mapped[:, :3]), other.index_to_lps(index))


def test_shifted_copy_equals_numpy_padding(rng: np.random.Generator) -> None:
    array = rng.integers(0, 9, (2, 4, 5, 6))
    padded = np.pad(array, ((0, 0), (3, 3), (3, 3), (3, 3)), constant_values=7)
    assert np.array_equal(shifted_copy(array, (-2, 1, 3), (5, 6, 4), 7), padded[:, 1:6, 4:10, 6:10])
    assert (shifted_copy(array, (50, 0, 0), (2, 2, 2), 7) == 7).all()
