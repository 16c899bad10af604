"""NSD reads distances by area, within a tolerance."""

import numpy as np
import pytest

from medopt import MedOptError
from medopt.metrics import SurfaceDistances, nsd


def test_areas_within_the_tolerance_over_all_areas():
    distances = SurfaceDistances(
        np.array([0.0, 1.0, 2.0]), np.array([4.0, 2.0, 1.0]), np.array([0.5, 3.0]), np.array([3.0, 10.0]), 50.0
    )
    assert nsd(distances, 0.0) == pytest.approx(4 / 20)
    assert nsd(distances, 0.5) == pytest.approx(7 / 20)
    assert nsd(distances, 1.0) == pytest.approx(9 / 20)
    assert nsd(distances, 3.0) == 1.0


@pytest.mark.parametrize("tolerance", [-0.1, float("nan"), float("inf")])
def test_wrong_tolerance(tolerance):
    nothing = np.zeros(0)
    with pytest.raises(MedOptError, match="wrong tolerance: expected 0 mm or more"):
        nsd(SurfaceDistances(nothing, nothing, nothing, nothing, 1.0), tolerance)
