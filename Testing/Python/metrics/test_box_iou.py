"""Overlaps of boxes against counted voxels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt.metrics.box_iou import box_iou

boxes = st.lists(
    st.tuples(*[st.tuples(st.integers(0, 8), st.integers(0, 5)).map(lambda p: (p[0], p[0] + p[1]))] * 3),
    min_size=1,
    max_size=4,
).map(lambda many: np.array(many, float).transpose(0, 2, 1))


@given(boxes, boxes)
def test_equal_to_counted_voxels(a: np.ndarray, b: np.ndarray) -> None:
    def mask(box: np.ndarray) -> np.ndarray:
        filled = np.zeros((14, 14, 14), bool)
        filled[tuple(slice(int(low), int(high)) for low, high in box.T)] = True
        return filled

    found = box_iou(a - 0.5, b - 0.5)
    for n, m in np.ndindex(found.shape):
        one, other = mask(a[n]), mask(b[m])
        union = (one | other).sum()
        assert found[n, m] == pytest.approx((one & other).sum() / union if union else 0.0)
    np.testing.assert_allclose(found, box_iou(b, a).T)


def test_boxes_of_a_picture_overlap_by_their_areas() -> None:
    a, b = [[-0.5, 0, 0], [0.5, 4, 4]], [[-0.5, 2, 0], [0.5, 6, 4]]
    assert box_iou([a], [b])[0, 0] == pytest.approx(8 / 24)


def test_nothing_overlaps_nothing() -> None:
    some = np.array([[[0, 0, 0], [1, 1, 1]]])
    assert box_iou(np.zeros((0, 2, 3)), some).shape == (0, 1)
    assert box_iou(some, np.zeros((0, 2, 3))).shape == (1, 0)
    assert box_iou([[[1, 1, 1], [1, 2, 2]]], [[[1, 1, 1], [1, 2, 2]]])[0, 0] == 0
    assert box_iou(some, some + 1)[0, 0] == 0
    assert box_iou([[[1, 1, 1], [0, 0, 0]]], some)[0, 0] == 0
