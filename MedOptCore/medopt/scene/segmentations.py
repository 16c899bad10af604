"""From a label map to a segmentation node: names, colours, values and terminology of the classes, voxels exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from medopt.errors import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.scene.classes import SegmentClass, check_values, rgb
from medopt.scene.frames import vtk_matrix
from medopt.scene.nodes import Node, Scene, add_node, check, one_update
from medopt.scene.volumes import image_data_from_array, volume_geometry

VALUE_TAG = "MedOpt.Value"
"""Segment tag: the class value that MedOpt gave the segment; it finds the class again after a segment was renamed."""


def segmentation_from_label(
    scene: Scene,
    label: LabelMap,
    classes: Sequence[SegmentClass],
    name: str,
    reference_volume: Node | None = None,
    *,
    role: str | None = "label",
    case: str | None = None,
) -> Node:
    """A new segmentation node with one segment a class, in the order of ``classes``, empty ones included.

    Every segment carries the class's name, colour, value and terminology; all share one layer, so they can't
    overlap. The grid of the label becomes the reference geometry that the Segment Editor paints on, and
    ``reference_volume``, if given, is noted as the volume that it belongs to.

    Raises MedOptError when the label holds a value outside the classes, or when the reference volume lies on
    another grid than the label.
    """
    check_values(label.values(), classes)
    _check_reference(reference_volume, label.geometry)
    node = add_node(scene, "vtkMRMLSegmentationNode", name, role=role, case=case)
    node.CreateDefaultDisplayNodes()
    _set_segments(node, label, classes)
    if reference_volume is not None:
        node.SetReferenceImageGeometryParameterFromVolumeNode(reference_volume)
    return node


def update_segmentation(node: Node, label: LabelMap, classes: Sequence[SegmentClass]) -> None:
    """Replace all segments of a node in place, as `segmentation_from_label` builds them; node and display stay.

    Raises MedOptError for a value outside the classes, before anything is changed, and when the node lies
    under a transform.
    """
    check_values(label.values(), classes)
    if node.GetParentTransformNode() is not None:
        raise MedOptError(
            "the segmentation lies under a transform",
            where=node.GetID(),
            expected="a node that lies directly in the patient's frame",
            remedy="Harden or remove the transform, then try again",
        )
    _set_segments(node, label, classes)


def _set_segments(node: Node, label: LabelMap, classes: Sequence[SegmentClass]) -> None:
    import slicer

    layer = _oriented_image(label)
    representation = slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName()
    segmentation = node.GetSegmentation()
    with one_update(node):
        segmentation.RemoveAllSegments()
        node.SetSourceRepresentationToBinaryLabelmap()
        set_reference_grid(segmentation, layer)
        for item in classes:
            segment = slicer.vtkSegment()
            segment.SetName(item.name)
            segment.SetColor(*rgb(item.color))
            segment.SetLabelValue(item.value)
            segment.SetTag(VALUE_TAG, str(item.value))
            if item.terminology:
                segment.SetTag(segment.GetTerminologyEntryTagName(), item.terminology)
            check(segment.AddRepresentation(representation, layer), "the segment takes no voxels", where=item.name)
            check(
                segmentation.AddSegment(segment, f"Segment_{item.value}"),
                "the segmentation takes no further segment",
                where=item.name,
                remedy="Check that values and names of the project's classes differ",
            )


def style_as_fill(node: Node, opacity: float = 0.35) -> None:
    """Show a segmentation as a filled area with a thin outline in slice views: the way of a reference label."""
    _style(node, fill=opacity, thickness=1)


def style_as_outline(node: Node, thickness: int = 3) -> None:
    """Show a segmentation as a thick outline without filling in slice views: the way of a prediction."""
    _style(node, fill=0.0, thickness=thickness)


def _style(node: Node, *, fill: float, thickness: int) -> None:
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    with one_update(display):
        display.SetOpacity2DFill(fill)
        display.SetVisibility2DFill(fill > 0)
        display.SetVisibility2DOutline(True)
        display.SetOpacity2DOutline(1.0)
        display.SetSliceIntersectionThickness(thickness)


def _check_reference(volume: Node | None, geometry: Geometry) -> None:
    if volume is None:
        return
    found = volume_geometry(volume)
    if not found.is_close(geometry):
        raise MedOptError(
            "label and image lie on different grids",
            expected=f"{geometry.shape} voxels of {geometry.spacing} mm from {geometry.origin}",
            found=f"{found.shape} voxels of {found.spacing} mm from {found.origin}",
            remedy="Resample the label onto the image's grid",
        )


def _oriented_image(label: LabelMap) -> Any:
    """A ``vtkOrientedImageData`` with a copy of the label in the smallest unsigned type."""
    import slicer

    top = int(label.array.max()) if label.array.size else 0
    array = label.array.astype(np.min_scalar_type(top), copy=False)
    oriented = image_data_from_array(array[np.newaxis], slicer.vtkOrientedImageData())
    oriented.SetGeometryFromImageToWorldMatrix(vtk_matrix(label.geometry.to_ijk_to_ras()))
    return oriented


def set_reference_grid(segmentation: Any, oriented: Any) -> None:
    """Note the grid of a ``vtkOrientedImageData`` as the one on which a ``vtkSegmentation`` is painted."""
    import slicer

    converter = slicer.vtkSegmentationConverter
    segmentation.SetConversionParameter(
        converter.GetReferenceImageGeometryParameterName(), converter.SerializeImageGeometry(oriented)
    )
