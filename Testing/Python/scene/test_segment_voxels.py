from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medopt.errors import MedOptError
from medopt.image import Geometry, Image, LabelMap
from medopt.scene import segmentation_from_label, volume_from_image
from medopt.scene.frames import points_to_ras, vtk_matrix
from medopt.scene.segment_voxels import (
    edit_geometry,
    image_on_lattice,
    image_on_part,
    image_part,
    index_of_points,
    segment_part,
    slice_axis,
    value_of_segment,
    voxels_of_line,
)
from medopt.scene.volumes import image_data_from_array


def oriented(array: np.ndarray, geometry: Geometry) -> Any:
    import slicer

    result = image_data_from_array(array[np.newaxis], slicer.vtkOrientedImageData())
    result.SetGeometryFromImageToWorldMatrix(vtk_matrix(geometry.to_ijk_to_ras()))
    return result


@pytest.fixture
def node(scene, label, classes):
    return segmentation_from_label(scene, label, classes, "edited")


@pytest.fixture
def reference(oblique):
    return oriented(np.zeros(oblique.shape, np.uint8), oblique)


def test_the_grid_is_that_of_the_image(node, reference, oblique):
    assert edit_geometry(reference, node).is_close(oblique, 1e-6)


def test_an_extent_that_does_not_begin_at_zero_moves_the_first_voxel(node, oblique):
    part = image_on_part(oriented(np.zeros(oblique.shape, np.uint8), oblique), (-1, 2, 3), np.zeros((2, 3, 4), bool))
    assert edit_geometry(part, node).is_close(oblique.cropped((-1, 2, 3), (2, 3, 4)), 1e-6)


def test_a_transform_of_the_segmentation_is_in_the_grid(scene, node, reference, oblique):
    matrix = np.array([[0.0, -1.0, 0.0, 5.0], [1.0, 0.0, 0.0, -7.0], [0.0, 0.0, 1.0, 11.0], [0.0, 0.0, 0.0, 1.0]])
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    transform.SetMatrixTransformToParent(vtk_matrix(matrix))
    node.SetAndObserveTransformNodeID(transform.GetID())
    geometry = edit_geometry(reference, node)
    for index in ([0, 0, 0], [2, 3, 4]):
        moved = matrix @ [*points_to_ras(oblique.index_to_lps(index)), 1.0]
        np.testing.assert_allclose(index_of_points(geometry, moved[:3]), [index], atol=1e-9)


def test_without_voxels_there_is_no_grid(node):
    import slicer

    empty = slicer.vtkOrientedImageData()
    empty.SetExtent(0, -1, 0, -1, 0, -1)
    with pytest.raises(MedOptError, match="no grid to edit on"):
        edit_geometry(empty, node)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), points=st.integers(1, 4))
def test_a_line_is_unbroken_and_holds_its_points(oblique, seed, points):
    index = np.random.default_rng(seed).uniform(-0.49, np.asarray(oblique.shape) - 0.51, (points, 3))
    voxels = voxels_of_line(oblique, points_to_ras(oblique.index_to_lps(index)))
    assert len({tuple(v) for v in voxels}) == len(voxels)
    wanted = {tuple(v) for v in np.rint(index).astype(int)}
    assert wanted <= {tuple(v) for v in voxels}
    grid = np.zeros(oblique.shape, bool)
    grid[tuple(voxels.T)] = True
    from scipy.ndimage import label as components

    assert components(grid, np.ones((3, 3, 3)))[1] == 1


def test_a_line_leaves_out_what_is_outside(oblique):
    inside = voxels_of_line(oblique, points_to_ras(oblique.index_to_lps([[2.0, 3.0, -4.0], [2.0, 3.0, 2.0]])))
    assert inside.tolist() == [[2, 3, 0], [2, 3, 1], [2, 3, 2]]
    assert voxels_of_line(oblique, points_to_ras(oblique.index_to_lps([[2.0, 30.0, 0.0]]))).shape == (0, 3)
    assert voxels_of_line(oblique, np.zeros((0, 3))).shape == (0, 3)


def test_the_axis_that_a_view_looks_along(oblique):
    for axis in range(3):
        normal = points_to_ras(np.asarray(oblique.direction)[:, axis])
        assert slice_axis(oblique, -normal) == axis
        assert slice_axis(oblique, normal + 0.2) == axis


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.tuples(*[st.integers(-3, 5)] * 3), size=st.tuples(*[st.integers(1, 6)] * 3))
def test_parts_of_a_segment_are_those_of_the_label(scene, label, classes, start, size):
    node = segmentation_from_label(scene, label, classes, "edited")
    reference = oriented(np.zeros(label.geometry.shape, np.uint8), label.geometry)
    stop = tuple(a + n for a, n in zip(start, size, strict=True))
    padded = np.pad(label.array, 12)
    wanted = padded[tuple(slice(a + 12, b + 12) for a, b in zip(start, stop, strict=True))]
    np.testing.assert_array_equal(segment_part(node, "Segment_7", reference, start, stop), wanted == 7)
    np.testing.assert_array_equal(segment_part(node, "Segment_3", reference, start, stop), wanted == 3)
    values = oriented(label.array.astype(np.int16), label.geometry)
    found = image_part(values, reference, start, stop)
    assert found.dtype == np.int16
    np.testing.assert_array_equal(found, wanted)


def test_an_empty_or_unknown_segment(scene, label, classes, reference):
    import slicer

    empty = segmentation_from_label(scene, LabelMap(np.zeros_like(label.array), label.geometry), classes, "empty")
    assert not segment_part(empty, "Segment_3", reference, (0, 0, 0), (2, 2, 2)).any()
    bare = empty.GetSegmentation().AddEmptySegment("bare", "bare")
    assert not segment_part(empty, bare, reference, (0, 0, 0), (2, 2, 2)).any()
    assert isinstance(empty, slicer.vtkMRMLSegmentationNode)
    for wrong in ("", "Segment_9"):
        with pytest.raises(MedOptError, match="no such segment"):
            segment_part(empty, wrong, reference, (0, 0, 0), (2, 2, 2))


def test_a_layer_on_a_finer_lattice_is_taken_by_nearest_neighbour(scene, oblique, classes):
    fine = oblique.resized([2 * n for n in oblique.shape])
    array = np.zeros(fine.shape, np.uint8)
    array[4:8, 4:10, 6:12] = 7
    node = segmentation_from_label(scene, LabelMap(array, fine), classes, "fine")
    reference = oriented(np.zeros(oblique.shape, np.uint8), oblique)
    found = segment_part(node, "Segment_7", reference, (1, 1, 1), (6, 7, 8))
    wanted = np.zeros(oblique.shape, bool)
    wanted[2:4, 2:5, 3:6] = True
    np.testing.assert_array_equal(found, wanted[1:6, 1:7, 1:8])


def test_a_part_is_painted_where_it_was_read(scene, node, reference, oblique):
    import slicer

    rng = np.random.default_rng(1)
    values = rng.random((3, 4, 5)) < 0.5
    image = image_on_part(reference, (2, 1, 3), values)
    assert image.GetExtent() == (3, 7, 1, 4, 2, 4)
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    assert logic.SetBinaryLabelmapToSegment(image, node, "Segment_3", logic.MODE_REPLACE)
    whole = segment_part(node, "Segment_3", reference, (0, 0, 0), oblique.shape)
    wanted = np.zeros(oblique.shape, bool)
    wanted[2:5, 1:5, 3:8] = values
    np.testing.assert_array_equal(whole, wanted)


def test_a_volume_on_the_same_lattice_is_shared_not_copied(scene, node, reference, oblique, rng):
    values = rng.integers(0, 100, (1, *oblique.shape)).astype(np.int16)
    volume = volume_from_image(scene, Image(values, oblique), "image")
    shared = image_on_lattice(volume, node, reference)
    assert shared.GetPointData().GetScalars() is volume.GetImageData().GetPointData().GetScalars()
    np.testing.assert_array_equal(image_part(shared, reference, (0, 0, 0), oblique.shape), values[0])


def test_a_volume_on_another_lattice_is_not_shared(scene, node, reference, oblique):
    shifted = oblique.cropped((0, 1, 0), oblique.shape)
    larger = oblique.cropped((0, 0, 0), tuple(n + 1 for n in oblique.shape))
    for geometry, channels in ((shifted, 1), (larger, 1), (oblique, 2)):
        image = Image(np.zeros((channels, *geometry.shape), np.int16), geometry)
        assert image_on_lattice(volume_from_image(scene, image, "image"), node, reference) is None
    volume = volume_from_image(scene, Image(np.zeros((1, *oblique.shape), np.int16), oblique), "image")
    volume.SetAndObserveTransformNodeID(scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "t").GetID())
    assert image_on_lattice(volume, node, reference) is None
    assert image_on_lattice(None, node, reference) is None


def test_the_class_value_of_a_segment(node):
    assert value_of_segment(node, "Segment_7") == 7
    foreign = node.GetSegmentation().AddEmptySegment("foreign", "foreign")
    assert value_of_segment(node, foreign) is None
    assert value_of_segment(node, "none") is None
