"""Shear."""

import numpy as np

from medopt.augment.shear import Shear
from medopt.augment.technique import Frame


def test_45_degrees_slide_by_the_height() -> None:
    matrix = Shear.matrix({"degrees": [0, 0, 45]})
    assert np.allclose(matrix @ [1, 2, 3, 1], [1, 5, 3, 1])


def test_volumes_are_kept(frame: Frame) -> None:
    drawn = Shear(degrees=30).parameters(np.random.default_rng(3), frame)
    assert all(drawn["degrees"])
    assert np.isclose(np.linalg.det(Shear.matrix(drawn)), 1)


def test_one_slice_stays_in_its_plane() -> None:
    drawn = Shear().parameters(np.random.default_rng(3), Frame((1, 9, 9), (1, 1, 1)))
    assert np.array_equal(Shear.matrix(drawn)[0], [1, 0, 0, 0])
    assert np.array_equal(Shear.matrix(drawn)[:, 0], [1, 0, 0, 0])
