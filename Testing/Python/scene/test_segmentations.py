from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import Image, LabelMap
from medopt.scene import (
    label_from_segmentation,
    segmentation_from_label,
    style_as_fill,
    style_as_outline,
    update_segmentation,
    volume_from_image,
)


def segments_of(node: Any) -> list[Any]:
    segmentation = node.GetSegmentation()
    return [segmentation.GetNthSegment(index) for index in range(segmentation.GetNumberOfSegments())]


def test_segments_carry_the_classes(scene, label, classes):
    import vtk

    node = segmentation_from_label(scene, label, classes, "carry")
    anterior, posterior = segments_of(node)
    assert [segment.GetName() for segment in (anterior, posterior)] == ["Anterior", "Posterior"]
    assert [segment.GetLabelValue() for segment in (anterior, posterior)] == [7, 3]
    np.testing.assert_allclose(anterior.GetColor(), np.array([0xE0, 0x40, 0x30]) / 255)
    text = vtk.reference("")
    assert anterior.GetTag("TerminologyEntry", text)
    assert text.get() == classes[0].terminology
    assert node.GetSegmentation().GetNumberOfLayers() == 1


def test_the_reference_volume_is_noted(scene, label, classes):
    volume = volume_from_image(scene, Image(np.zeros((1, *label.geometry.shape), np.uint8), label.geometry), "grid")
    node = segmentation_from_label(scene, label, classes, "noted", volume)
    assert node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole()) is volume


def test_without_a_volume_the_label_gives_the_grid_to_paint_on(scene, label, classes):
    import slicer

    node = segmentation_from_label(scene, label, classes, "grid")
    text = node.GetSegmentation().GetConversionParameter(
        slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName()
    )
    grid = slicer.vtkOrientedImageData()
    assert slicer.vtkSegmentationConverter.DeserializeImageGeometry(text, grid)
    assert grid.GetDimensions() == label.geometry.shape[::-1]
    import vtk

    matrix = vtk.vtkMatrix4x4()
    grid.GetImageToWorldMatrix(matrix)
    corner = matrix.MultiplyPoint((*np.array(label.geometry.shape[::-1]) - 1, 1))[:3]
    lps = label.geometry.index_to_lps(np.array(label.geometry.shape) - 1)
    np.testing.assert_allclose(corner, lps * [-1, -1, 1], atol=1e-6)


def test_a_reference_volume_on_another_grid_is_refused(scene, label, classes):
    other = label.geometry.resized((3, 8, 10))
    volume = volume_from_image(scene, Image(np.zeros((1, *other.shape), np.uint8), other), "other")
    with pytest.raises(MedOptError, match="label and image lie on different grids"):
        segmentation_from_label(scene, label, classes, "no", volume)


def test_values_outside_the_classes_are_refused(scene, label, classes):
    before = scene.GetNumberOfNodes()
    with pytest.raises(MedOptError, match=r"no class of the project: expected 7 \(Anterior\), found 3"):
        segmentation_from_label(scene, label, classes[:1], "no")
    assert scene.GetNumberOfNodes() == before


def test_empty_classes_stay_as_empty_segments(scene, oblique, classes):
    empty = LabelMap(np.zeros(oblique.shape, np.uint8), oblique)
    node = segmentation_from_label(scene, empty, classes, "empty")
    assert [segment.GetName() for segment in segments_of(node)] == ["Anterior", "Posterior"]
    assert label_from_segmentation(node, oblique, classes).values() == []


def test_an_update_keeps_node_and_style(scene, label, classes):
    node = segmentation_from_label(scene, label, classes, "live")
    style_as_outline(node, 4)
    changed = LabelMap(np.roll(label.array, 1, axis=0), label.geometry)
    update_segmentation(node, changed, classes)
    np.testing.assert_array_equal(label_from_segmentation(node, label.geometry, classes).array, changed.array)
    assert node.GetDisplayNode().GetSliceIntersectionThickness() == 4
    assert len(segments_of(node)) == 2


def test_an_update_with_unknown_values_changes_nothing(scene, label, classes):
    node = segmentation_from_label(scene, label, classes, "live")
    with pytest.raises(MedOptError, match="found 9"):
        update_segmentation(node, LabelMap(np.full(label.array.shape, 9), label.geometry), classes)
    np.testing.assert_array_equal(label_from_segmentation(node, label.geometry, classes).array, label.array)


def test_the_two_styles_can_be_told_apart(scene, label, classes):
    reference = segmentation_from_label(scene, label, classes, "reference")
    prediction = segmentation_from_label(scene, label, classes, "prediction")
    style_as_fill(reference)
    style_as_outline(prediction)
    fill, outline = reference.GetDisplayNode(), prediction.GetDisplayNode()
    assert fill.GetVisibility2DFill()
    assert fill.GetOpacity2DFill() > 0
    assert not outline.GetVisibility2DFill()
    assert outline.GetOpacity2DFill() == 0
    assert outline.GetSliceIntersectionThickness() > fill.GetSliceIntersectionThickness()
