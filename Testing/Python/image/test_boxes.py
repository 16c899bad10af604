"""Boxes: there and back through an oblique grid, and what is no box."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import Box, Boxes, Geometry


def test_index_corners_come_back(oblique: Geometry, rng: np.random.Generator) -> None:
    low = rng.uniform(0, 4, (5, 3))
    corners = np.stack([low, low + rng.uniform(0.5, 5, (5, 3))], axis=1)
    boxes = Boxes.from_index(corners, [1, 2, 2, 1, 3], oblique, scores=[0.1, 0.2, 0.3, 0.4, 0.5])
    np.testing.assert_allclose(boxes.to_index(oblique), corners, atol=1e-9)
    assert boxes.values() == [1, 2, 3]
    assert boxes.boxes[4].score == 0.5


def test_a_box_around_voxels_holds_their_outer_corners_in_mm() -> None:
    grid = Geometry((4, 4, 4), (3.0, 2.0, 1.0), (10.0, 20.0, 30.0))
    box = Boxes.from_index([[[0.5, 0.5, 0.5], [2.5, 1.5, 3.5]]], [7], grid).boxes[0]
    np.testing.assert_allclose(box.corners.min(axis=0), [10.5, 21.0, 31.5])  # L, P, S run along i, j, k
    np.testing.assert_allclose(box.corners.max(axis=0), [13.5, 23.0, 37.5])
    assert box.size == (6.0, 2.0, 3.0)


def test_a_turned_box_becomes_the_upright_one_around_it() -> None:
    c = float(np.sqrt(0.5))
    turned = Box((5.0, 5.0, 5.0), (2.0, 2.0, 2.0), 1, ((c, -c, 0.0), (c, c, 0.0), (0.0, 0.0, 1.0)))
    found = Boxes((turned,)).to_index(Geometry((10, 10, 10)))[0]
    root = float(np.sqrt(2))
    np.testing.assert_allclose(found, [[4, 5 - root, 5 - root], [6, 5 + root, 5 + root]], atol=1e-12)


def test_no_boxes_have_no_corners() -> None:
    assert Boxes().to_index(Geometry((2, 2, 2))).shape == (0, 2, 3)
    assert len(Boxes.from_index(np.zeros((0, 2, 3)), [], Geometry((2, 2, 2)))) == 0


@pytest.mark.parametrize("size", [(0.0, 1.0, 1.0), (1.0, -1.0, 1.0), (1.0, float("nan"), 1.0)])
def test_wrong_sizes_are_refused(size: tuple[float, float, float]) -> None:
    with pytest.raises(MedOptError, match="not a box"):
        Box((0.0, 0.0, 0.0), size, 1)


def test_axes_must_be_perpendicular() -> None:
    with pytest.raises(MedOptError, match="perpendicular"):
        Box((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 1, ((1.0, 0.5, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))


def test_a_class_with_boxes_was_looked_for() -> None:
    with pytest.raises(MedOptError, match="nobody looked for"):
        Boxes((Box((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 2),), unjudged=(2, 3))
