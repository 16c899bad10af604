"""Confidence against the soft Dice written out, and its bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt.image import Box, Boxes, ClassScores
from medopt.labelling.confidence import box_confidence, class_confidence, voxel_confidence


def test_a_sure_model_is_sure_and_a_torn_one_is_not() -> None:
    label = np.zeros((4, 5, 6), np.uint8)
    label[1:3, 1:4, 2:5] = 7
    sure = np.where(label == 7, 255, 0).astype(np.uint8)[None]
    torn = np.where(label == 7, 128, 120).astype(np.uint8)[None]
    assert voxel_confidence(label, sure, [7]) == 1
    assert voxel_confidence(label, torn, [7]) < 0.4


@given(seed=st.integers(0, 1000))
def test_it_is_the_soft_dice_with_the_models_own_probabilities(seed: int) -> None:
    numbers = np.random.default_rng(seed)
    probabilities = numbers.integers(0, 128, (2, 3, 4, 5)).astype(np.uint8)
    label = numbers.choice([0, 2, 5], (3, 4, 5)).astype(np.uint8)
    soft = []
    for value, one in zip((2, 5), probabilities / 255, strict=True):
        mask = label == value
        if mask.any():
            one = np.where(one >= 0.1, one, 0)
            soft.append(2 * (mask * one).sum() / (mask.sum() + one.sum()))
    assert voxel_confidence(label, probabilities, (2, 5)) == pytest.approx(np.mean(soft))


def test_nothing_proposed_is_as_sure_as_the_highest_probability_is_low() -> None:
    label = np.zeros((2, 2, 2), np.uint8)
    probabilities = np.full((2, 2, 2, 2), 51, np.uint8)
    probabilities[1, 0, 0, 0] = 102
    assert voxel_confidence(label, probabilities, (1, 2)) == pytest.approx(0.6)
    assert voxel_confidence(label, np.zeros((2, 2, 2, 2), np.uint8), (1, 2)) == 1


def test_a_class_that_the_case_lacks_does_not_make_it_look_sure() -> None:
    label = np.zeros((2, 2, 2), np.uint8)
    label[0] = 1
    probabilities = np.zeros((2, 2, 2, 2), np.uint8)
    probabilities[0] = 128
    alone = voxel_confidence(label, probabilities[:1], (1,))
    assert voxel_confidence(label, probabilities, (1, 2)) == alone < 0.6


def test_of_classes_it_is_the_probability_of_the_answer() -> None:
    assert class_confidence(ClassScores((1, 2, 3), (0.2, 0.7, 0.1))) == 0.7
    assert class_confidence(ClassScores((1, 2, 3), (0.9, 0.4, 0.05), exclusive=False)) == 0.6


def test_of_boxes_it_is_their_mean_score() -> None:
    boxes = Boxes(tuple(Box((0, 0, n), (1, 1, 1), 1, score=score) for n, score in enumerate((0.9, 0.5))))
    assert box_confidence(boxes, 0.9) == pytest.approx(0.7)
    assert box_confidence(Boxes(), 0.25) == 0.75
    assert box_confidence(Boxes((Box((0, 0, 0), (1, 1, 1), 1),))) == 1
