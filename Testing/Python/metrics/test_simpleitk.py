"""Overlaps, volumes and distances beside SimpleITK, on anisotropic grids."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from medopt.metrics import METRICS, compare_masks

SPACING = (2.5, 0.8, 1.1)


def image(mask: np.ndarray) -> sitk.Image:
    found = sitk.GetImageFromArray(mask.astype(np.uint8))
    found.SetSpacing(SPACING[::-1])
    return found


def blobs(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(rng.normal(0, 1, (14, 30, 26)), (1.2, 4, 3))
    other = smooth + 0.3 * ndimage.gaussian_filter(rng.normal(0, 1, smooth.shape), (1.2, 3, 3))
    return smooth > 0.03, other > 0.03


@pytest.mark.parametrize("seed", range(5))
def test_overlaps_and_volumes(seed: int) -> None:
    reference, prediction = blobs(seed)
    found = {name: metric.read(compare_masks(reference, prediction, SPACING)) for name, metric in METRICS.items()}
    overlap, shape = sitk.LabelOverlapMeasuresImageFilter(), sitk.LabelShapeStatisticsImageFilter()
    overlap.Execute(image(reference), image(prediction))
    assert found["dice"] == pytest.approx(overlap.GetDiceCoefficient())
    assert found["iou"] == pytest.approx(overlap.GetJaccardCoefficient())
    volumes = []
    for mask in (reference, prediction):
        shape.Execute(image(mask))
        volumes.append(shape.GetPhysicalSize(1) / 1000)
    assert found["volume_difference_ml"] == pytest.approx(volumes[1] - volumes[0])
    assert found["volume_difference_percent"] == pytest.approx(100 * (volumes[1] / volumes[0] - 1))


@pytest.mark.parametrize("seed", range(5))
def test_distances_differ_by_no_more_than_where_tools_put_the_surface(seed: int) -> None:
    reference, prediction = blobs(seed)
    found = compare_masks(reference, prediction, SPACING)
    oracle = sitk.HausdorffDistanceImageFilter()
    oracle.Execute(image(reference), image(prediction))
    # SimpleITK measures between voxel centres of the masks, MedOpt between surfaces half a voxel out
    assert METRICS["hd_mm"].read(found) == pytest.approx(oracle.GetHausdorffDistance(), abs=max(SPACING))


def test_distances_of_shifted_boxes_are_those_of_simpleitk() -> None:
    reference = np.zeros((14, 30, 26), bool)
    reference[3:9, 5:20, 4:18] = True
    for axis, step in ((0, 2), (1, 5), (2, 3)):
        prediction = np.roll(reference, step, axis)
        oracle = sitk.HausdorffDistanceImageFilter()
        oracle.Execute(image(reference), image(prediction))
        found = METRICS["hd_mm"].read(compare_masks(reference, prediction, SPACING))
        assert found == pytest.approx(step * SPACING[axis])
        assert found == pytest.approx(oracle.GetHausdorffDistance())
