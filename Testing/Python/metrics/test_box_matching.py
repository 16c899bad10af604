"""Which boxes are right, against a plain loop, and how images are pooled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medopt.errors import MedOptError
from medopt.metrics import COCO_IOUS, box_iou, match_boxes, pool_boxes

JUDGED = (True, True)


def boxes(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    lower = rng.uniform(0, 12, (n, 3))
    return np.stack([lower, lower + rng.uniform(3, 10, (n, 3))], axis=1), rng.integers(0, 2, n)


def by_loop(predicted: tuple, reference: tuple, iou: float) -> list[int]:
    corners, classes, scores = predicted
    taken: set[int] = set()
    matched = []
    for n in np.argsort(-scores, kind="stable"):
        best, found = iou, None
        for m in range(len(reference[0])):
            overlap = box_iou(corners[n], reference[0][m])[0, 0]
            if (
                m not in taken
                and reference[1][m] == classes[n]
                and overlap >= best
                and (found is None or overlap > best)
            ):
                best, found = overlap, m
        matched.append(-1 if found is None else found)
        if found is not None:
            taken.add(found)
    return matched


@given(st.integers(0, 10_000), st.integers(0, 9), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_equal_to_a_loop(seed: int, n: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    predicted = (*boxes(rng, n), rng.integers(0, 4, n) / 4)
    reference = boxes(rng, m)
    found = match_boxes(predicted, reference, JUDGED, (0.1, 0.3, 0.5))
    assert found.scores.tolist() == sorted(predicted[2], reverse=True) == predicted[2][found.order].tolist()
    assert found.classes.tolist() == predicted[1][found.order].tolist()
    for column, iou in enumerate(found.ious):
        assert found.matched[:, column].tolist() == by_loop(predicted, reference, iou)
    assert found.references.tolist() == [int((reference[1] == c).sum()) for c in range(2)]
    assert (found.right.sum(axis=0) <= min(n, m)).all()


def test_a_second_box_on_one_reference_is_wrong_and_the_surest_takes_it() -> None:
    box = np.array([[[0, 0, 0], [2, 2, 2]]], float)
    found = match_boxes((np.repeat(box, 3, axis=0), [0, 1, 0], [0.2, 0.9, 0.7]), (box, [0]), JUDGED)
    assert found.scores.tolist() == [0.9, 0.7, 0.2]
    assert found.classes.tolist() == [1, 0, 0]
    assert found.right.all(axis=1).tolist() == [False, True, False]
    assert found.ious == COCO_IOUS


def test_an_overlap_of_exactly_the_threshold_is_right() -> None:
    reference = np.array([[[0, 0, 0], [1, 1, 10]]], float)
    for tenths in range(5, 10):
        predicted = np.array([[[0, 0, 0], [1, 1, tenths]]], float)
        right = match_boxes((predicted, [0], [1.0]), (reference, [0]), JUDGED).right[0]
        assert right.sum() == 2 * (tenths - 5) + 1


def test_images_are_pooled_by_class_and_those_not_judged_left_out() -> None:
    box = np.array([[[0, 0, 0], [2, 2, 2]]], float)
    two = np.repeat(box, 2, axis=0)
    images = [
        match_boxes((two, [0, 1], [0.3, 0.6]), (box, [0]), JUDGED),
        match_boxes((box, [0], [0.8]), (np.zeros((0, 2, 3)), []), JUDGED),
        match_boxes((two, [0, 1], [0.9, 0.4]), (box, [1]), (False, True)),
    ]
    first, second = pool_boxes(images, 0), pool_boxes(images, 1)
    assert (first.scores.tolist(), first.right.tolist(), first.images.tolist()) == ([0.8, 0.3], [False, True], [1, 0])
    assert (first.references.tolist(), first.judged.tolist()) == ([1, 0, 0], [True, True, False])
    assert (second.scores.tolist(), second.right.tolist()) == ([0.6, 0.4], [False, True])
    assert first.number() == (1, 2)
    assert first.number([2, 1, 5]) == (2, 3)
    scores, right, wrong = first.counts([2, 1, 5])
    assert (scores.tolist(), right.tolist(), wrong.tolist()) == ([0.8, 0.3], [0, 2], [1, 1])


def test_equal_scores_enter_together() -> None:
    box = np.array([[[0, 0, 0], [2, 2, 2]]], float)
    hit = match_boxes((box, [0], [0.5]), (box, [0]), JUDGED)
    miss = match_boxes((box + 9, [0], [0.5]), (box, [0]), JUDGED)
    for images in ([hit, miss], [miss, hit]):
        scores, right, wrong = pool_boxes(images, 0).counts()
        assert (scores.tolist(), right.tolist(), wrong.tolist()) == ([0.5], [1], [1])


def test_nothing_is_fine_and_what_does_not_fit_is_refused() -> None:
    nothing = (np.zeros((0, 2, 3)), [], [])
    empty = match_boxes(nothing, nothing[:2], JUDGED)
    assert empty.right.shape == (0, 10)
    assert pool_boxes([empty], 0).number() == (0, 1)
    assert pool_boxes([], 0).number() == (0, 0)
    box = np.zeros((1, 2, 3))
    with pytest.raises(MedOptError, match="expected as many of each, found 1, 1 and 2"):
        match_boxes((box, [0], [1, 2]), nothing[:2], JUDGED)
    with pytest.raises(MedOptError, match="class outside the classes: expected 0 to 1, found 2 to 2"):
        match_boxes((box, [2], [1]), nothing[:2], JUDGED)
    with pytest.raises(MedOptError, match="not a number"):
        match_boxes((box, [0], [np.nan]), nothing[:2], JUDGED)
    with pytest.raises(MedOptError, match="not matched at this overlap"):
        pool_boxes([empty], 0, 0.25)
