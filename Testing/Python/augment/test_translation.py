"""Translation."""

import numpy as np

from medopt.augment.technique import Frame
from medopt.augment.translation import Translation


def test_moves_by_mm(frame: Frame) -> None:
    drawn = Translation(distance=(1, 2, 0)).parameters(np.random.default_rng(3), frame)
    moved = Translation.matrix(drawn) @ [0, 0, 0, 1]
    assert np.allclose(moved[:3], drawn["shift"])
    assert 0 < abs(moved[0]) <= 1
    assert 0 < abs(moved[1]) <= 2
    assert moved[2] == 0


def test_one_slice_stays_in_its_plane() -> None:
    assert Translation().parameters(np.random.default_rng(3), Frame((1, 9, 9), (1, 1, 1)))["shift"][0] == 0
