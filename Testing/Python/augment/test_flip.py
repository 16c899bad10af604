"""Mirroring."""

import numpy as np

from medopt.augment.flip import Flip
from medopt.augment.technique import Frame


def test_axes_are_drawn_one_by_one(frame: Frame) -> None:
    drawn = [Flip(probability=0.5, axes=("j", "i")).draw(np.random.default_rng(n), frame) for n in range(800)]
    names = [tuple(d["axes"]) if d else () for d in drawn]
    for choice in [(), ("j",), ("i",), ("j", "i")]:
        assert 150 < names.count(choice) < 250
    assert len(set(names)) == 4


def test_an_axis_of_one_voxel_is_not_mirrored() -> None:
    assert Flip(probability=1).draw(np.random.default_rng(0), Frame((1, 4, 4), (1, 1, 1))) == {"axes": ["j", "i"]}


def test_the_matrix_mirrors_about_the_centre() -> None:
    assert np.array_equal(Flip.matrix({"axes": ["k", "i"]}), np.diag([-1, 1, -1, 1]))
