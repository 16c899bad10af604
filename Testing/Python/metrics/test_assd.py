"""ASSD is the mean over the area of both surfaces."""

import numpy as np
import pytest

from medopt.metrics import SurfaceDistances, assd


def test_mean_over_both_areas():
    distances = SurfaceDistances(np.array([0.0, 3.0]), np.array([2.0, 2.0]), np.array([1.0]), np.array([6.0]), 50.0)
    assert assd(distances) == pytest.approx((3 * 2 + 1 * 6) / 10)
