"""Dice from counts, equal to MONAI's."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from monai.metrics import compute_dice

from medopt.metrics import dice


def test_equal_to_monai(rng):
    for density in (0.01, 0.3, 0.9):
        reference, prediction = rng.random((3, 9, 10)) < density, rng.random((3, 9, 10)) < density
        pair = [torch.tensor(m[None, None]) for m in (prediction, reference)]
        ours = dice(int(reference.sum()), int(prediction.sum()), int((reference & prediction).sum()))
        assert np.float32(ours) == np.float32(compute_dice(*pair, include_background=True))


def test_empty_masks():
    assert dice(0, 0, 0) == 1.0
    assert dice(10, 0, 0) == dice(0, 3, 0) == 0.0


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_bounded_symmetric_and_one_only_if_equal(only_a, only_b, shared):
    value = dice(only_a + shared, only_b + shared, shared)
    assert 0 <= value <= 1
    assert value == dice(only_b + shared, only_a + shared, shared)
    assert (value == 1) == (only_a == only_b == 0)
    if only_a + only_b + shared:
        overlap = shared / (only_a + only_b + shared)
        assert value == pytest.approx(2 * overlap / (1 + overlap))
