"""Zoom."""

import numpy as np
import pytest

from medopt import MedOptError
from medopt.augment import AugmentSettings
from medopt.augment.scaling import Scaling
from medopt.augment.technique import Frame


def test_one_factor_for_all_axes_or_one_for_each(frame: Frame) -> None:
    rng = np.random.default_rng(1)
    assert len(set(Scaling().parameters(rng, frame)["factors"])) == 1
    assert len(set(Scaling(isotropic=False).parameters(rng, frame)["factors"])) == 3


def test_one_slice_keeps_its_thickness() -> None:
    factors = Scaling().parameters(np.random.default_rng(1), Frame((1, 9, 9), (1, 1, 1)))["factors"]
    assert factors[0] == 1
    assert factors[1] == factors[2] != 1


def test_factors_above_1_enlarge() -> None:
    assert np.allclose(Scaling.matrix({"factors": [1, 2, 3]}) @ [5, 5, 5, 1], [5, 10, 15, 1])


@pytest.mark.parametrize("factor", [[0, 1], [1.5, 0.5], [-1, 1]])
def test_impossible_ranges_are_refused(factor: list[float]) -> None:
    with pytest.raises(MedOptError, match=r"scaling.factor.*(greater than 0|first value of a range)"):
        AugmentSettings.parse({"techniques": [{"technique": "scaling", "factor": factor}]}, "recipe.yaml")
