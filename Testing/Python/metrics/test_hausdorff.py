"""Hausdorff distances read percentiles by area; on cubes they meet MONAI's."""

import numpy as np
import pytest
import torch
from monai.metrics import compute_hausdorff_distance

from medopt import MedOptError
from medopt.metrics import SurfaceDistances, hausdorff, measure_surfaces


def test_smallest_distance_that_covers_the_percentage_in_both_directions():
    distances = SurfaceDistances(
        np.array([0.0, 1.0, 9.0]), np.array([90.0, 5.0, 5.0]), np.array([0.0, 2.0]), np.array([50.0, 50.0]), 50.0
    )
    assert hausdorff(distances, 50) == 0.0
    assert hausdorff(distances, 95) == 2.0
    assert hausdorff(distances, 95.1) == 9.0
    assert hausdorff(distances, 100) == 9.0


def test_many_equal_areas_do_not_lose_the_boundary_to_rounding():
    ones = np.full(20, 0.1)
    distances = SurfaceDistances(np.arange(20.0), ones, np.arange(20.0), ones, 50.0)
    assert hausdorff(distances, 95) == 18.0


@pytest.mark.parametrize("percent", [100.0, 95.0])
def test_shifted_cube_as_monai(percent):
    reference, prediction = np.zeros((30, 30, 30), bool), np.zeros((30, 30, 30), bool)
    reference[8:20, 8:20, 8:20] = True
    prediction[8:20, 8:20, 12:24] = True
    spacing = (2.5, 0.9, 0.8)
    pair = [torch.tensor(np.stack([~m, m])[None]) for m in (prediction, reference)]
    theirs = compute_hausdorff_distance(*pair, spacing=list(spacing), percentile=None if percent == 100 else percent)
    assert hausdorff(measure_surfaces(reference, prediction, spacing), percent) == pytest.approx(
        float(theirs), rel=1e-5
    )


@pytest.mark.parametrize("percent", [0, -5, 100.1])
def test_wrong_percentile(percent):
    nothing = np.zeros(0)
    with pytest.raises(MedOptError, match="wrong percentile: expected above 0 and up to 100"):
        hausdorff(SurfaceDistances(nothing, nothing, nothing, nothing, 1.0), percent)
