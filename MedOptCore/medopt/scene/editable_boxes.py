"""Boxes that an annotator moves by their handles: ROI nodes of classes, made, read, given another class."""

from __future__ import annotations

from collections.abc import Sequence

from medopt.errors import MedOptError
from medopt.image import Box
from medopt.scene.classes import SegmentClass, rgb
from medopt.scene.markups import box_from_roi, roi_from_box
from medopt.scene.nodes import Node, Scene, mark

ROLE = "editable box"
"""Role of the nodes."""
_VALUE = "MedOpt.Value"
"""Node attribute: the class value of the box."""


def editable_roi(scene: Scene, box: Box, classes: Sequence[SegmentClass], *, case: str, view: str, flat: bool) -> Node:
    """A new ROI node for ``box``, in name and colour of its class, which is moved and resized by handles, not turned.

    Parameters
    ----------
    flat : for an image of one slice: no handles across the slice, along the box's first axis

    Raises MedOptError when the box's value is no class.
    """
    info = _class(classes, box.value)
    node = roi_from_box(scene, box, name=info.name, color=info.color, role=ROLE, case=case)
    mark(node, view=view)
    node.SetAttribute(_VALUE, str(box.value))
    display = node.GetDisplayNode()
    display.SetHandlesInteractive(True)
    display.SetTranslationHandleVisibility(True)
    display.SetScaleHandleVisibility(True)
    display.SetRotationHandleVisibility(False)
    display.SetPropertiesLabelVisibility(False)
    display.SetFillVisibility(True)
    display.SetFillOpacity(0.1)
    if flat:
        display.SetTranslationHandleComponentVisibility([False, True, True, True])
        display.SetScaleHandleComponentVisibility([False, True, True, True])
    return node


def read_editable_roi(node: Node) -> Box:
    """The box of a node of `editable_roi`, LPS mm; errors as in `box_from_roi`."""
    return box_from_roi(node, int(node.GetAttribute(_VALUE)))


def set_roi_class(node: Node, value: int, classes: Sequence[SegmentClass]) -> None:
    """Give the box of a node of `editable_roi` another class; MedOptError when ``value`` is none."""
    info = _class(classes, value)
    node.SetAttribute(_VALUE, str(value))
    node.SetName(info.name)
    node.SetNthControlPointLabel(0, info.name)
    node.GetDisplayNode().SetSelectedColor(*rgb(info.color))


def _class(classes: Sequence[SegmentClass], value: int) -> SegmentClass:
    found = next((info for info in classes if info.value == value), None)
    if found is None:
        raise MedOptError(
            "the box is of no class of the project",
            expected=", ".join(f"{info.value} ({info.name})" for info in classes) or "a project with classes",
            found=str(value),
        )
    return found
