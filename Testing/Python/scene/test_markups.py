from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medopt.errors import MedOptError
from medopt.image import Box
from medopt.scene import box_from_roi, roi_from_box


def corners(box: Box) -> np.ndarray:
    """The eight corners, sorted: equal for equal boxes, however their axes are ordered or signed."""
    signs = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)])
    points = np.asarray(box.center) + (signs * np.asarray(box.size) / 2) @ np.asarray(box.axes).T
    rounded = np.round(points, 6) + 0.0
    return rounded[np.lexsort(rounded.T)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    center=st.tuples(*[st.floats(-300, 300)] * 3),
    size=st.tuples(*[st.floats(0.5, 200)] * 3),
    seed=st.integers(0, 10**6),
)
def test_any_box_survives(scene, center, size, seed):
    axes, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    box = Box(center, size, 3, tuple(map(tuple, axes)))
    node = roi_from_box(scene, box, name="Tumour")
    found = box_from_roi(node, 3)
    assert (node.GetName(), node.GetNthControlPointLabel(0), found.value) == ("Tumour", "Tumour", 3)
    np.testing.assert_allclose(corners(found), corners(box), atol=1e-4)


def test_slicer_sees_the_box_where_it_is(scene):
    node = roi_from_box(scene, Box((10.0, 20.0, 30.0), (2.0, 4.0, 6.0), 1), color="#ff0000")
    bounds = [0.0] * 6
    node.GetRASBounds(bounds)
    np.testing.assert_allclose(bounds, [-11, -9, -22, -18, 27, 33], atol=1e-6)
    assert node.IsPointInROIWorld([-10, -20, 30])
    assert node.GetDisplayNode().GetSelectedColor() == (1.0, 0.0, 0.0)


def test_a_box_drawn_in_slicer_is_read(scene):
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "drawn")
    node.SetCenter([1, 2, 3])
    node.SetSize([4, 5, 6])
    box = box_from_roi(node, 1)
    assert box.center == (-1, -2, 3)
    assert box.size == (4, 5, 6)


def test_an_oblique_grid_gives_its_own_axes(scene, oblique):
    center = tuple(oblique.index_to_lps((np.array(oblique.shape) - 1) / 2))
    box = Box(center, oblique.extent, 1, oblique.direction)
    found = corners(box_from_roi(roi_from_box(scene, box), 1))
    edges = oblique.index_to_lps([[k, j, i] for k in (-0.5, 5.5) for j in (-0.5, 7.5) for i in (-0.5, 9.5)])
    rounded = np.round(edges, 6) + 0.0
    np.testing.assert_allclose(found, rounded[np.lexsort(rounded.T)], atol=1e-4)


def test_a_transform_is_respected_and_a_shear_refused(scene):
    import vtk

    node = roi_from_box(scene, Box((1.0, 2.0, 3.0), (4.0, 5.0, 6.0), 1))
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, 10)
    matrix.SetElement(2, 2, 2)
    transform.SetMatrixTransformToParent(matrix)
    node.SetAndObserveTransformNodeID(transform.GetID())
    box = box_from_roi(node, 1)
    np.testing.assert_allclose(box.center, (-9, 2, 6))
    np.testing.assert_allclose(box.size, (4, 5, 12))
    matrix.SetElement(0, 1, 0.5)
    transform.SetMatrixTransformToParent(matrix)
    with pytest.raises(MedOptError, match="the box is sheared by its transform"):
        box_from_roi(node, 1)


def test_an_unplaced_box_is_refused(scene):
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "new")
    with pytest.raises(MedOptError, match=r"the box is not placed yet\. Place it in a slice view"):
        box_from_roi(node, 1)
