"""How near a proposal came, against sets and counts."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import Box, Boxes, ClassLabel, Geometry, LabelMap
from medopt.labelling.proposal_score import proposal_score


def test_dice_is_the_mean_over_the_classes_that_either_holds(oblique: Geometry, rng: np.random.Generator) -> None:
    a, b = (LabelMap(rng.choice([0, 1, 300], oblique.shape).astype(np.uint16), oblique) for _ in range(2))
    expected = []
    for value in (1, 300):
        one, two = (set(map(tuple, np.argwhere(m.array == value))) for m in (a, b))
        expected.append(2 * len(one & two) / (len(one) + len(two)))
    assert proposal_score(a, b, oblique, (1, 300, 7)) == pytest.approx(np.mean(expected))


def test_classes_that_nobody_judged_do_not_count(oblique: Geometry) -> None:
    array = np.zeros(oblique.shape, np.uint8)
    array[0] = 1
    said = array.copy()
    said[1] = 2
    assert proposal_score(LabelMap(said, oblique), LabelMap(array, oblique), oblique, (1, 2)) == 0.5
    assert proposal_score(LabelMap(said, oblique), LabelMap(array, oblique, (2,)), oblique, (1, 2)) == 1
    empty = LabelMap(np.zeros_like(array), oblique)
    assert proposal_score(empty, empty, oblique, (1, 2)) == 1
    assert proposal_score(empty, LabelMap(array, oblique), oblique, (1, 2)) == 0


def test_boxes_are_found_or_not(oblique: Geometry) -> None:
    label = Boxes.from_index(
        [[[0, 0, 0], [2, 2, 2]], [[3, 4, 5], [5, 7, 9]], [[0, 4, 5], [2, 7, 9]]], [1, 1, 2], oblique
    )
    near = Boxes.from_index([[[0, 0, 0], [2, 2, 2.5]], [[3, 4, 5], [5, 7, 9]]], [1, 2], oblique, scores=[0.9, 0.8])
    assert proposal_score(near, label, oblique, (1, 2)) == pytest.approx(2 * 1 / 5)
    assert proposal_score(label, label, oblique, (1, 2)) == 1
    assert proposal_score(Boxes(), label, oblique, (1, 2)) == 0
    assert proposal_score(Boxes(), Boxes(), oblique, (1, 2)) == 1
    assert proposal_score(near, Boxes(label.boxes[:2], (2,)), oblique, (1, 2)) == pytest.approx(2 * 1 / 3)


def test_in_2d_the_thickness_of_a_box_does_not_count() -> None:
    flat = Geometry((1, 10, 10))
    thick, thin = (Boxes((Box((4, 4, 0), (3, 3, depth), 1),)) for depth in (20, 1))
    assert proposal_score(thick, thin, flat, (1,)) == 1


def test_classes_agree_or_not(oblique: Geometry) -> None:
    def score(a: ClassLabel, b: ClassLabel) -> float:
        return proposal_score(a, b, oblique, (1, 2, 3))

    assert (score(ClassLabel((1,)), ClassLabel((1,))), score(ClassLabel((1,)), ClassLabel((2,)))) == (1, 0)
    assert score(ClassLabel((1, 2)), ClassLabel((2, 3))) == pytest.approx(1 / 3)
    assert score(ClassLabel((1, 2)), ClassLabel((2, 3), (1,))) == pytest.approx(1 / 2)


def test_two_kinds_are_refused(oblique: Geometry) -> None:
    with pytest.raises(MedOptError, match="two labels of different kinds: expected ClassLabel, found Boxes"):
        proposal_score(Boxes(), ClassLabel((1,)), oblique, (1,))
