"""What is counted once about two masks."""

import numpy as np
import pytest

from medopt.metrics import compare_masks


def test_counts_volumes_and_which_is_empty():
    reference, prediction, empty = np.zeros((3, 4, 5), np.uint8), np.zeros((3, 4, 5), np.int16), np.zeros((3, 4, 5))
    reference[0, :2] = 7
    prediction[0, 1:3] = 2
    found = compare_masks(reference, prediction, (5, 2, 2))
    assert (found.reference_voxels, found.prediction_voxels, found.shared_voxels) == (10, 10, 5)
    assert found.reference_ml == pytest.approx(10 * 20 / 1000)
    assert found.predicted_ml == pytest.approx(0.2)
    assert found.empty == "none"
    assert compare_masks(reference, empty, (5, 2, 2)).empty == "prediction"
    assert compare_masks(empty, prediction, (5, 2, 2)).empty == "reference"
    assert compare_masks(empty, empty, (5, 2, 2)).empty == "both"
