from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medopt.errors import MedOptError
from medopt.image import Geometry, Image, LabelMap
from medopt.scene import (
    label_from_labelmap,
    label_from_segmentation,
    segmentation_from_label,
    volume_from_image,
)
from medopt.scene.frames import vtk_matrix
from medopt.scene.volumes import image_data_from_array


def oriented(array: np.ndarray, geometry: Geometry) -> Any:
    import slicer

    result = image_data_from_array(array[np.newaxis], slicer.vtkOrientedImageData())
    result.SetGeometryFromImageToWorldMatrix(vtk_matrix(geometry.to_ijk_to_ras()))
    return result


def add_segment(node: Any, name: str, mask: np.ndarray, geometry: Geometry) -> str:
    """Add a segment on a layer of its own, as the Segment Editor does where segments may overlap."""
    return node.AddSegmentFromBinaryLabelmapRepresentation(oriented(mask.astype(np.uint8), geometry), name)


def segments_of(node: Any) -> list[Any]:
    segmentation = node.GetSegmentation()
    return [segmentation.GetNthSegment(index) for index in range(segmentation.GetNumberOfSegments())]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**6),
    shape=st.tuples(*[st.integers(1, 6)] * 3),
    spacing=st.tuples(*[st.floats(0.2, 5)] * 3),
    origin=st.tuples(*[st.floats(-300, 300)] * 3),
)
def test_round_trip_is_exact_for_any_grid(scene, classes, seed, shape, spacing, origin):
    random = np.random.default_rng(seed)
    direction, _ = np.linalg.qr(random.normal(size=(3, 3)))
    geometry = Geometry(shape, spacing, origin, tuple(map(tuple, direction)))
    label = LabelMap(random.choice([0, 3, 7], size=shape).astype(np.int16), geometry)
    node = segmentation_from_label(scene, label, classes, "any")
    np.testing.assert_array_equal(label_from_segmentation(node, geometry, classes).array, label.array)


def test_slicers_own_export_finds_the_same_voxels(scene, label, classes):
    """Oracle: ExportSegmentsToLabelmapNode onto the reference volume, which numbers segments by a colour table."""
    import slicer

    volume = volume_from_image(scene, Image(np.zeros((1, *label.geometry.shape), np.uint8), label.geometry), "grid")
    node = segmentation_from_label(scene, label, classes, "export", volume)
    target = scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "target")
    done = slicer.vtkSlicerSegmentationsModuleLogic.ExportSegmentsToLabelmapNode(
        node,
        node.GetSegmentation().GetSegmentIDs(),
        target,
        volume,
        slicer.vtkSegmentation.EXTENT_REFERENCE_GEOMETRY,
    )
    assert done
    exported = label_from_labelmap(target)
    assert exported.geometry.is_close(label.geometry, 1e-6)
    np.testing.assert_array_equal(exported.array, np.select([label.array == 7, label.array == 3], [1, 2], 0))


def test_no_segments_give_zeros(scene, oblique, classes):
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "none")
    result = label_from_segmentation(node, oblique, classes)
    assert result.array.shape == oblique.shape
    assert result.array.dtype == np.uint8
    assert result.values() == []


def test_a_class_painted_later_is_found(scene, oblique, classes):
    """An empty segment that gets a layer of its own, as when someone paints with overlap allowed."""
    import slicer

    empty = LabelMap(np.zeros(oblique.shape, np.uint8), oblique)
    node = segmentation_from_label(scene, empty, classes, "paint")
    mask = np.zeros(oblique.shape, np.uint8)
    mask[2:4, 3:6, 1:9] = 1
    done = slicer.vtkSlicerSegmentationsModuleLogic.SetBinaryLabelmapToSegment(
        oriented(mask, oblique), node, "Segment_3"
    )
    assert done
    np.testing.assert_array_equal(label_from_segmentation(node, oblique, classes).array, 3 * mask)


def test_what_was_erased_is_gone(scene, label, classes):
    """Clearing shrinks the layer that all segments share."""
    import slicer

    logic = slicer.vtkSlicerSegmentationsModuleLogic
    node = segmentation_from_label(scene, label, classes, "erase")
    assert logic.ClearSegment(node, "Segment_7")
    expected = np.where(label.array == 3, 3, 0)
    np.testing.assert_array_equal(label_from_segmentation(node, label.geometry, classes).array, expected)
    assert logic.ClearSegment(node, "Segment_3")
    assert label_from_segmentation(node, label.geometry, classes).values() == []


def test_painting_and_undo_as_in_the_segment_editor(scene, label, classes):
    import slicer

    image = Image(np.zeros((1, *label.geometry.shape), np.int16), label.geometry)
    volume = volume_from_image(scene, image, "image")
    node = segmentation_from_label(scene, label, classes, "edit", volume)
    logic = slicer.vtkSlicerSegmentEditorLogic()
    logic.SetMRMLScene(scene)
    editor = scene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    editor.SetOverwriteMode(editor.OverwriteAllSegments)
    logic.SetSegmentEditorNode(editor)
    logic.SetSegmentationNode(node)
    logic.SetSourceVolumeNode(volume)
    logic.SetCurrentSegmentID("Segment_7")
    logic.SaveStateForUndo()
    stroke = np.zeros(label.array.shape, np.uint8)
    stroke[2:4, 2:6, 2:6] = 1
    logic.ModifySegmentByLabelmap(
        node, "Segment_7", oriented(stroke, label.geometry), logic.ModificationModeAdd, False, False
    )
    painted = np.where(stroke == 1, 7, label.array)
    np.testing.assert_array_equal(label_from_segmentation(node, label.geometry, classes).array, painted)
    logic.Undo()
    np.testing.assert_array_equal(label_from_segmentation(node, label.geometry, classes).array, label.array)


def test_a_smaller_extent_lands_in_its_place(scene, oblique, rng, classes):
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "small")
    part = rng.integers(0, 2, (2, 3, 4))
    add_segment(node, "Posterior", part, oblique.cropped((3, 2, 5), (2, 3, 4)))
    expected = np.zeros(oblique.shape, int)
    expected[3:5, 2:5, 5:9] = 3 * part
    np.testing.assert_array_equal(label_from_segmentation(node, oblique, classes).array, expected)


def test_a_larger_extent_is_cut(scene, oblique, rng, classes):
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "large")
    mask = rng.integers(0, 2, (10, 12, 14))
    add_segment(node, "Posterior", mask, oblique.cropped((-2, -2, -2), (10, 12, 14)))
    found = label_from_segmentation(node, oblique, classes).array
    np.testing.assert_array_equal(found, 3 * mask[2:8, 2:10, 2:12])


def test_another_grid_is_read_by_nearest_neighbour(scene, oblique, classes):
    """A slab on a grid twice as fine: its centre lies in slices 2 and 3 of the coarse grid, whatever the rounding."""
    fine = oblique.resized((12, 16, 20))
    mask = np.zeros(fine.shape, np.uint8)
    mask[4:8] = 1
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "fine")
    add_segment(node, "Anterior", mask, fine)
    found = label_from_segmentation(node, oblique, classes).array
    inner = found[:, 1:-1, 1:-1]
    assert (inner[2:4] == 7).all()
    assert (inner[[0, 1, 4, 5]] == 0).all()


def test_a_linear_transform_is_respected(scene, label, classes):
    import vtk

    node = segmentation_from_label(scene, label, classes, "moved")
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "step")
    step = label.geometry.index_to_lps((1, 0, 0)) - label.geometry.index_to_lps((0, 0, 0))
    matrix = vtk.vtkMatrix4x4()
    for row, value in enumerate(step * [-1, -1, 1]):
        matrix.SetElement(row, 3, value)
    transform.SetMatrixTransformToParent(matrix)
    node.SetAndObserveTransformNodeID(transform.GetID())
    found = label_from_segmentation(node, label.geometry, classes).array
    np.testing.assert_array_equal(found[1:], label.array[:-1])
    assert (found[0] == 0).all()


def test_names_come_before_stored_values(scene, label, classes):
    node = segmentation_from_label(scene, label, classes, "swapped")
    anterior, posterior = segments_of(node)
    anterior.SetName("Posterior")
    posterior.SetName("Anterior")
    swapped = np.select([label.array == 7, label.array == 3], [3, 7], 0)
    np.testing.assert_array_equal(label_from_segmentation(node, label.geometry, classes).array, swapped)


def test_case_and_spaces_of_a_name_do_not_matter(scene, label, classes):
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "typed by hand")
    add_segment(node, " anterior ", label.array == 7, label.geometry)
    add_segment(node, "POSTERIOR", label.array == 3, label.geometry)
    np.testing.assert_array_equal(label_from_segmentation(node, label.geometry, classes).array, label.array)


def test_a_renamed_segment_is_found_by_its_stored_value(scene, label, classes):
    node = segmentation_from_label(scene, label, classes, "renamed")
    segments_of(node)[0].SetName("Anterior (corrected)")
    np.testing.assert_array_equal(label_from_segmentation(node, label.geometry, classes).array, label.array)


def test_an_unknown_segment_is_named(scene, label, classes):
    node = segmentation_from_label(scene, label, classes, "unknown")
    add_segment(node, "Tumour", label.array == 0, label.geometry)
    with pytest.raises(MedOptError, match=r"Tumour: the segment is no class.*expected Anterior, Posterior\. Rename"):
        label_from_segmentation(node, label.geometry, classes)


def test_a_copied_segment_is_unknown_not_merged(scene, label, classes):
    node = segmentation_from_label(scene, label, classes, "copied")
    import slicer

    copy = slicer.vtkSegment()
    copy.DeepCopy(segments_of(node)[0])
    copy.SetName("Anterior copy")
    assert node.GetSegmentation().AddSegment(copy, "copy")
    with pytest.raises(MedOptError, match="Anterior copy: the segment is no class"):
        label_from_segmentation(node, label.geometry, classes)


def test_an_unknown_but_empty_segment_is_passed_over(scene, label, classes):
    node = segmentation_from_label(scene, label, classes, "fresh")
    node.GetSegmentation().AddEmptySegment("new", "Segment_1")
    np.testing.assert_array_equal(label_from_segmentation(node, label.geometry, classes).array, label.array)


def test_two_segments_of_one_class_are_refused(scene, label, classes):
    node = segmentation_from_label(scene, label, classes, "double")
    add_segment(node, "Anterior", label.array == 0, label.geometry)
    with pytest.raises(MedOptError, match="two segments stand for one class: expected one segment of value 7"):
        label_from_segmentation(node, label.geometry, classes)


@pytest.fixture
def overlapping(scene, oblique):
    """Anterior in slices 1-3, Posterior in slices 3-4: slice 3 in both."""
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "overlap")
    first, second = np.zeros((2, *oblique.shape), np.uint8)
    first[1:4] = 1
    second[3:5] = 1
    add_segment(node, "Anterior", first, oblique)
    add_segment(node, "Posterior", second, oblique)
    return node


def test_overlap_is_refused_with_its_size_and_names(overlapping, oblique, classes):
    with pytest.raises(MedOptError, match=r'found 80 voxels in "Anterior" and "Posterior" at once'):
        label_from_segmentation(overlapping, oblique, classes)


def test_the_later_segment_wins_where_asked(overlapping, oblique, classes):
    found = label_from_segmentation(overlapping, oblique, classes, overlap="later").array
    assert found[:, 0, 0].tolist() == [0, 7, 7, 3, 3, 0]
    overlapping.GetSegmentation().ReorderSegments(overlapping.GetSegmentation().GetSegmentIDs()[::-1])
    found = label_from_segmentation(overlapping, oblique, classes, overlap="later").array
    assert found[:, 0, 0].tolist() == [0, 7, 7, 7, 3, 0]


def test_surfaces_become_voxels_without_touching_the_node(scene, classes):
    """A sphere of 12 mm as a surface segment; its volume is known."""
    import vtk

    geometry = Geometry((40, 40, 40), (1.0, 1.0, 1.0), (-20.0, -20.0, -20.0))
    sphere = vtk.vtkSphereSource()
    sphere.SetRadius(12)
    sphere.SetPhiResolution(60)
    sphere.SetThetaResolution(60)
    sphere.Update()
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "surface")
    node.SetSourceRepresentationToClosedSurface()
    node.AddSegmentFromClosedSurfaceRepresentation(sphere.GetOutput(), "Posterior", [1, 0, 0])
    found = label_from_segmentation(node, geometry, classes)
    assert np.count_nonzero(found.array == 3) == pytest.approx(4 / 3 * np.pi * 12**3, rel=0.03)
    centre = np.argwhere(found.array).mean(axis=0)
    np.testing.assert_allclose(geometry.index_to_lps(centre), 0, atol=0.6)
    assert not node.GetSegmentation().ContainsRepresentation("Binary labelmap")


def test_many_and_large_values_survive(scene, oblique, rng, classes):
    classes = [replace(classes[0], value=value, name=f"class {value}") for value in (1, 255, 256, 300, 40000)]
    label = LabelMap(rng.choice([0, 1, 255, 256, 300, 40000], size=oblique.shape).astype(np.int32), oblique)
    node = segmentation_from_label(scene, label, classes, "large")
    found = label_from_segmentation(node, oblique, classes)
    np.testing.assert_array_equal(found.array, label.array)
    assert found.array.dtype == np.uint16
