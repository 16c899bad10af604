from __future__ import annotations

import numpy as np
import pytest

from medopt.scene.frames import array_of, parent_matrix, points_to_ras, vtk_matrix


def test_matrices_survive(scene, rng):
    matrix = rng.normal(size=(4, 4))
    np.testing.assert_array_equal(array_of(vtk_matrix(matrix)), matrix)


def test_points_change_frame_and_back(rng):
    points = rng.normal(size=(2, 5, 3))
    np.testing.assert_array_equal(points_to_ras(points), points * [-1, -1, 1])
    np.testing.assert_array_equal(points_to_ras(points_to_ras(points)), points)


def test_transforms_above_transforms_multiply(scene):
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "volume")
    np.testing.assert_array_equal(parent_matrix(node), np.eye(4))
    outer, inner = np.eye(4), np.eye(4)
    outer[0, 3] = 5
    inner[:3, :3] = np.diag([2, 1, 1])
    nodes = [scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", name) for name in ("outer", "inner")]
    for transform, matrix in zip(nodes, (outer, inner), strict=True):
        transform.SetMatrixTransformToParent(vtk_matrix(matrix))
    nodes[1].SetAndObserveTransformNodeID(nodes[0].GetID())
    node.SetAndObserveTransformNodeID(nodes[1].GetID())
    assert parent_matrix(node) == pytest.approx(outer @ inner)
