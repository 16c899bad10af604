"""IoU against scikit-learn and its relation to Dice."""

import numpy as np
import pytest
from sklearn.metrics import jaccard_score

from medopt.metrics import dice, iou


def test_as_scikit_learn_and_as_dice_says(rng):
    for _ in range(20):
        a, b = rng.random((2, 6, 7, 8)) < rng.uniform(0.1, 0.9)
        counts = int(a.sum()), int(b.sum()), int((a & b).sum())
        assert iou(*counts) == pytest.approx(jaccard_score(a.ravel(), b.ravel()))
        assert iou(*counts) == pytest.approx(dice(*counts) / (2 - dice(*counts)))


def test_empty_masks():
    assert iou(0, 0, 0) == 1.0
    assert iou(5, 0, 0) == iou(0, 5, 0) == 0.0
    assert iou(np.int64(4), np.int64(4), np.int64(4)) == 1.0
