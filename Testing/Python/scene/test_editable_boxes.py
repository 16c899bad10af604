"""ROI nodes of classes: exact boxes, class and colour, handles that fit the image."""

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Box, Boxes
from medopt.project import ClassInfo
from medopt.scene.editable_boxes import ROLE, editable_roi, read_editable_roi, set_roi_class
from medopt.scene.nodes import marked_nodes

CLASSES = [ClassInfo(value=2, name="Nodule", color="#ff0000"), ClassInfo(value=7, name="Cyst", color="#0000ff")]


def make(scene, box, flat=False):
    return editable_roi(scene, box, CLASSES, case="c1", view="label", flat=flat)


def test_the_box_comes_back_as_it_was(scene, oblique):
    (box,) = Boxes.from_index([[[1, 2, 3], [4, 5.5, 7]]], [7], oblique).boxes
    found = read_editable_roi(make(scene, box))
    assert found.value == 7
    np.testing.assert_allclose(np.sort(found.corners, axis=0), np.sort(box.corners, axis=0), atol=1e-6)


def test_name_colour_and_marks_are_those_of_class_and_case(scene):
    node = make(scene, Box((0, 0, 0), (3, 4, 5), 2))
    assert node.GetName() == node.GetNthControlPointLabel(0) == "Nodule"
    assert node.GetDisplayNode().GetSelectedColor() == (1.0, 0.0, 0.0)
    assert marked_nodes(scene, role=ROLE, case="c1", view="label") == [node]


def test_another_class_changes_name_colour_and_value_and_no_place(scene):
    node = make(scene, Box((1, 2, 3), (3, 4, 5), 2))
    before = read_editable_roi(node)
    set_roi_class(node, 7, CLASSES)
    after = read_editable_roi(node)
    assert (node.GetName(), after.value) == ("Cyst", 7)
    assert node.GetDisplayNode().GetSelectedColor() == (0.0, 0.0, 1.0)
    assert (after.center, after.size) == (before.center, before.size)


def test_an_unknown_class_is_refused_and_nothing_is_made(scene):
    with pytest.raises(MedOptError, match=r"no class of the project.*2 \(Nodule\), 7 \(Cyst\).*found 3"):
        make(scene, Box((0, 0, 0), (1, 1, 1), 3))
    assert scene.GetNumberOfNodesByClass("vtkMRMLMarkupsROINode") == 0


@pytest.mark.parametrize("flat", [False, True])
def test_handles_move_and_resize_but_do_not_turn(scene, flat):
    display = make(scene, Box((0, 0, 0), (1, 1, 1), 2), flat).GetDisplayNode()
    assert display.GetHandlesInteractive()
    assert display.GetTranslationHandleVisibility()
    assert display.GetScaleHandleVisibility()
    assert not display.GetRotationHandleVisibility()
    assert display.GetScaleHandleComponentVisibility()[0] is not flat
