"""Boxes of a case as ROI nodes that come and go with it."""

from __future__ import annotations

import numpy as np
from results_made import GRID, boxes_of

from medopt.image import Boxes, Image
from medopt.scene import box_from_roi, marked_nodes, show_case
from medopt.scene.case_boxes import show_boxes


def test_boxes_lie_in_place_with_names_and_go_with_the_case(scene, classes):
    image = Image(np.zeros((1, *GRID.shape), np.int16), GRID)
    reference, prediction = (
        Boxes(tuple(box.__class__(box.center, box.size, 7, box.axes, box.score) for box in boxes.boxes))
        for boxes in boxes_of(3)
    )
    show_case(scene, image, classes, "a", view="validate")
    (filled,) = show_boxes(scene, reference, classes, role="reference", case="a", view="validate")
    drawn = show_boxes(scene, prediction, classes, role="prediction", case="a", view="validate", least=0.5)
    assert [node.GetName() for node in drawn] == ["Anterior 0.63"]
    assert (filled.GetDisplayNode().GetFillVisibility(), drawn[0].GetDisplayNode().GetFillVisibility()) == (1, 0)
    assert filled.GetLocked()
    np.testing.assert_allclose(box_from_roi(filled, 7).center, reference.boxes[0].center)
    assert len(marked_nodes(scene, view="validate")) == 3
    show_case(scene, image, classes, "b", view="validate")
    assert marked_nodes(scene, role="prediction") == marked_nodes(scene, case="a") == []


def test_no_boxes_are_no_nodes(scene, classes):
    assert show_boxes(scene, Boxes(), classes, role="reference", case="a", view="validate") == []
