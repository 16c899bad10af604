"""Known-wrong proposals: clearly wrong, of the same kind, and none where there is nothing to spoil."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.image import Box, Boxes, ClassLabel, Geometry, LabelMap
from medopt.labelling.catch import CLEARLY, spoil
from medopt.labelling.proposal_score import proposal_score


def test_a_segmentation_is_moved_as_little_as_makes_it_clearly_wrong(oblique: Geometry) -> None:
    array = np.zeros(oblique.shape, np.uint8)
    array[2:4, 2:5, 1:8] = 1
    array[2:4, 5:7, 1:8] = 4
    label = LabelMap(array, oblique)
    wrong = spoil(label, oblique, (1, 4))
    assert isinstance(wrong, LabelMap)
    assert proposal_score(wrong, label, oblique, (1, 4)) <= CLEARLY
    # along the longest axis; after 3 steps 4 of the 7 columns still met 6 that had stayed within the image
    np.testing.assert_array_equal(wrong.array[:, :, 4:], array[:, :, :-4])
    assert spoil(LabelMap(np.zeros(oblique.shape, np.uint8), oblique), oblique, (1, 4)) is None


def test_a_segmentation_that_fills_the_image_is_spoilt_too() -> None:
    grid = Geometry((2, 3, 4))
    wrong = spoil(LabelMap(np.ones(grid.shape, np.uint8), grid), grid, (1,))
    assert isinstance(wrong, LabelMap)
    assert 0 < np.count_nonzero(wrong.array) < wrong.array.size


def test_boxes_do_not_overlap_what_they_were(oblique: Geometry) -> None:
    boxes = Boxes.from_index([[[1, 1, 1], [3, 3, 4]], [[2, 4, 3], [4, 6, 5]]], [1, 2], oblique)
    wrong = spoil(boxes, oblique, (1, 2))
    assert isinstance(wrong, Boxes)
    assert proposal_score(wrong, boxes, oblique, (1, 2)) == 0
    moved = wrong.to_index(oblique) - boxes.to_index(oblique)
    np.testing.assert_allclose(moved[0], [[0, 0, 3], [0, 0, 3]], atol=1e-9)
    assert spoil(Boxes(), oblique, (1, 2)) is None


def test_a_turned_box_moves_by_its_extent(oblique: Geometry) -> None:
    wrong = spoil(Boxes((Box((0, 0, 0), (4, 4, 4), 1),)), oblique, (1,))
    assert isinstance(wrong, Boxes)
    assert np.linalg.norm(wrong.boxes[0].center) >= 4


@pytest.mark.parametrize(
    ("present", "unjudged", "expected"), [((1,), (), (2,)), ((9,), (), (1,)), ((1,), (2,), (9,)), ((), (), (1,))]
)
def test_a_class_becomes_another(
    oblique: Geometry, present: tuple[int, ...], unjudged: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert spoil(ClassLabel(present, unjudged), oblique, (1, 2, 9)) == ClassLabel(expected, unjudged)
