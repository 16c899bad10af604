"""Rotation in mm."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation as Oracle

from medopt import MedOptError
from medopt.augment import AugmentSettings
from medopt.augment.rotation import Rotation
from medopt.augment.technique import Frame


@pytest.mark.parametrize(
    ("degrees", "moved"), [([90, 0, 0], [0, 0, 1]), ([0, 90, 0], [0, 1, 0]), ([0, 0, 90], [-1, 0, 0])]
)
def test_quarter_turns_go_the_way_the_docstring_says(degrees: list[float], moved: list[float]) -> None:
    # where the unit vector along j ends: about k at i; about j nowhere; about i at -k (since k turns to j)
    assert np.allclose(Rotation.matrix({"degrees": degrees})[:3, :3] @ [0, 1, 0], moved)


def test_equals_scipy_for_any_angles(rng: np.random.Generator) -> None:
    for _ in range(10):
        angles = rng.uniform(-180, 180, 3)
        oracle = Oracle.from_euler("XYZ", angles, degrees=True).as_matrix()  # intrinsic: about k, then j, then i
        assert np.allclose(Rotation.matrix({"degrees": list(angles)})[:3, :3], oracle)


def test_one_slice_turns_in_its_plane_only() -> None:
    drawn = Rotation().parameters(np.random.default_rng(1), Frame((1, 9, 9), (1, 1, 1)))
    assert drawn["degrees"][0] != 0
    assert drawn["degrees"][1:] == [0, 0]


def test_angles_stay_below_the_limit_of_their_axis(frame: Frame) -> None:
    drawn = [Rotation(degrees=(30, 5, 0)).parameters(np.random.default_rng(n), frame)["degrees"] for n in range(300)]
    largest = np.abs(drawn).max(axis=0)
    assert 28 < largest[0] <= 30
    assert 4.5 < largest[1] <= 5
    assert largest[2] == 0


def test_negative_limits_are_refused() -> None:
    with pytest.raises(MedOptError, match=r"rotation.degrees.1': Input should be greater than or equal to 0, found -5"):
        AugmentSettings.parse({"techniques": [{"technique": "rotation", "degrees": [5, -5, 5]}]}, "recipe.yaml")
