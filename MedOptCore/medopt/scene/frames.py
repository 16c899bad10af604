"""Between MRML's matrices (RAS, IJK order) and Geometry (LPS, (k, j, i)): the only place where the frames meet."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import LPS_TO_RAS, Geometry
from medopt.scene.nodes import Node


def vtk_matrix(matrix: NDArray) -> Any:
    """A ``vtkMatrix4x4`` with the values of a 4×4 array."""
    import vtk

    result = vtk.vtkMatrix4x4()
    result.DeepCopy(np.asarray(matrix, float).reshape(-1).tolist())
    return result


def array_of(matrix: Any) -> NDArray:
    """The 4×4 float64 array of a ``vtkMatrix4x4``."""
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def parent_matrix(node: Node) -> NDArray:
    """4×4 RAS-to-RAS matrix, in mm, from the node's own frame to the world; the identity without a transform.

    Raises MedOptError for a transform that is not linear: it cannot be told by a grid.
    """
    import vtk

    transform = node.GetParentTransformNode()
    if transform is None:
        return np.eye(4)
    if not transform.IsTransformToWorldLinear():
        raise MedOptError(
            "the node lies under a transform that bends space",
            where=node.GetID(),
            expected="no transform, or a linear one",
            remedy="Harden the transform in Slicer's Transforms module, then try again",
        )
    matrix = vtk.vtkMatrix4x4()
    transform.GetMatrixTransformToWorld(matrix)
    return array_of(matrix)


def points_to_ras(points: NDArray) -> NDArray:
    """RAS mm of (…, 3) LPS points in mm; the same function leads back."""
    return np.asarray(points, float) * np.diag(LPS_TO_RAS)[:3]


def world_geometry(node: Node, shape: tuple[int, int, int], ijk_to_ras: NDArray) -> Geometry:
    """The grid of a node's voxels in the patient, its linear parent transform included.

    ``ijk_to_ras`` is the node's own 4×4 matrix in mm, without the transform; ``shape`` is (k, j, i).
    Raises MedOptError when the transform is not linear or shears the grid.
    """
    matrix = parent_matrix(node) @ ijk_to_ras
    try:
        return Geometry.from_ijk_to_ras(shape, matrix)
    except MedOptError as error:
        raise MedOptError(
            "the volume does not lie on a rectangular grid",
            where=node.GetID(),
            expected="perpendicular axes",
            found="axes sheared by its transform" if node.GetParentTransformNode() else "sheared axes",
            remedy="Resample the volume in Slicer (Resample Scalar Volume), then try again",
        ) from error
