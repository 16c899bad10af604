"""Lesions: counted like SimpleITK counts them, matched like brute force matches them."""

import numpy as np
import pytest
import SimpleITK as sitk

from medopt import MedOptError
from medopt.metrics import LesionCounts, lesion_precision, lesion_sensitivity, match_lesions


def parts(mask):
    """The lesions of a mask, as (k, j, i) masks, by SimpleITK."""
    labels = sitk.GetArrayFromImage(sitk.ConnectedComponent(sitk.GetImageFromArray(mask.astype(np.uint8)), True))
    return [labels == value for value in range(1, labels.max() + 1)]


def brute_force(reference, prediction, overlap):
    there, said = parts(reference), parts(prediction)
    found = sum((prediction & lesion).sum() / lesion.sum() >= overlap for lesion in there)
    right = sum((reference & lesion).sum() / lesion.sum() >= overlap for lesion in said)
    return LesionCounts(len(there), int(found), len(said), int(right))


@pytest.mark.parametrize("shape", [(9, 14, 15), (1, 40, 50)])
@pytest.mark.parametrize("overlap", [1e-6, 0.1, 0.5, 1.0])
def test_as_simpleitk_and_brute_force(rng, shape, overlap):
    for share in (0.02, 0.05, 0.2):
        reference, prediction = rng.random((2, *shape)) < share
        assert match_lesions(reference, prediction, overlap) == brute_force(reference, prediction, overlap)


def test_found_and_right():
    reference, prediction = np.zeros((2, 3, 20, 20), np.uint8)
    reference[1, 2:7, 2:6] = 1  # 20 voxels, of which 2 are found: exactly one tenth
    prediction[1, 6, 4:8] = 1  # 4 voxels, half of them right
    reference[1, 12:14, 2:12] = 1  # 20 voxels, of which 1 is found: too little
    prediction[1, 13, 2] = 1
    prediction[0, 18, 18] = 1  # nothing is there
    counts = match_lesions(reference, prediction)
    assert counts == LesionCounts(reference=2, found=1, predicted=3, right=2)
    assert lesion_sensitivity(counts) == 0.5
    assert lesion_precision(counts) == pytest.approx(2 / 3)
    assert match_lesions(reference, prediction, 0.01).found == 2
    assert match_lesions(reference, prediction, 0.6).right == 1


def test_corners_hang_together_and_several_parts_find_one_lesion():
    reference, prediction = np.zeros((2, 2, 2, 10), bool)
    reference[0, 0, :], reference[1, 1, 9] = True, True
    assert match_lesions(reference, reference) == LesionCounts(1, 1, 1, 1)
    prediction[0, 0, 0] = prediction[0, 0, 4] = True
    assert match_lesions(reference, prediction, 0.15) == LesionCounts(1, 1, 2, 2)


def test_empty_masks():
    empty, one = np.zeros((2, 3, 3), bool), np.ones((2, 3, 3), bool)
    assert match_lesions(empty, empty) == LesionCounts(0, 0, 0, 0)
    assert lesion_sensitivity(match_lesions(empty, one)) is None
    assert lesion_precision(match_lesions(empty, one)) == 0.0
    assert lesion_sensitivity(match_lesions(one, empty)) == 0.0
    assert lesion_precision(match_lesions(one, empty)) is None


def test_wrong_input():
    with pytest.raises(MedOptError, match=r"the masks do not fit together: .*found .2, 3, 3. and .1, 3, 3."):
        match_lesions(np.zeros((2, 3, 3)), np.zeros((1, 3, 3)))
    with pytest.raises(MedOptError, match="wrong overlap of lesions: expected above 0 and up to 1, found 0"):
        match_lesions(np.zeros((2, 3, 3)), np.zeros((2, 3, 3)), 0)
