"""Boxes and ROI nodes: centre, size and axes exact both ways, LPS on one side and RAS on the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medopt.errors import MedOptError
from medopt.image import LPS_TO_RAS
from medopt.image.geometry import Triple
from medopt.scene.classes import rgb
from medopt.scene.frames import array_of, parent_matrix, vtk_matrix
from medopt.scene.nodes import Node, Scene, add_node, one_update

_AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True)
class Box:
    """A box in the patient.

    Parameters
    ----------
    center : LPS mm
    size : mm between opposite faces along the box's own axes, each above 0
    axes : 3×3, row-major; column ``a`` is the unit LPS vector of the box's axis ``a``; by default along L, P, S.
        For a box along the axes (k, j, i) of a Geometry, its ``direction``
    name : what the box shows, such as its class
    """

    center: Triple
    size: Triple
    axes: tuple[Triple, Triple, Triple] = _AXES
    name: str = ""

    def __post_init__(self) -> None:
        matrix = np.asarray(self.axes, float)
        numbers = np.concatenate([np.asarray(self.center, float).ravel(), np.asarray(self.size, float).ravel()])
        if numbers.shape != (6,) or not np.isfinite(numbers).all() or min(self.size) <= 0:
            raise MedOptError(
                "not a box", expected="a centre and three sizes above 0 mm", found=f"{self.center}, {self.size}"
            )
        if matrix.shape != (3, 3) or not np.allclose(matrix.T @ matrix, np.eye(3), atol=1e-3):
            raise MedOptError("not a box", expected="three perpendicular unit axes", found=str(self.axes))


def roi_from_box(scene: Scene, box: Box, *, color: str = "", role: str | None = "box", case: str | None = None) -> Node:
    """A new ``vtkMRMLMarkupsROINode`` in the place of the box.

    MRML wants right-handed axes: of a left-handed box the third axis is flipped, which is the same box.
    """
    node = add_node(scene, "vtkMRMLMarkupsROINode", box.name or "Box", role=role, case=case)
    axes = np.asarray(box.axes, float) * np.diag(LPS_TO_RAS)[:3, None]
    if np.linalg.det(axes) < 0:
        axes[:, 2] = -axes[:, 2]
    matrix = np.eye(4)
    matrix[:3, :3] = axes
    matrix[:3, 3] = np.asarray(box.center, float) * np.diag(LPS_TO_RAS)[:3]
    with one_update(node):
        node.SetSize(*box.size)
        node.SetAndObserveObjectToNodeMatrix(vtk_matrix(matrix))
    node.CreateDefaultDisplayNodes()
    if color:
        node.GetDisplayNode().SetSelectedColor(*rgb(color))
    return node


def box_from_roi(node: Node) -> Box:
    """The box of an ROI node in the patient's frame, a linear parent transform included; the node stays as it is.

    Raises MedOptError for an ROI that is not placed yet, and for a transform that shears it or bends space.
    """
    if node.GetNumberOfDefinedControlPoints() < 1 or min(node.GetSize()) <= 0:
        raise MedOptError("the box is not placed yet", where=node.GetID(), remedy="Place it in a slice view")
    matrix = parent_matrix(node) @ array_of(node.GetObjectToNodeMatrix())
    scale = np.linalg.norm(matrix[:3, :3], axis=0)
    axes = matrix[:3, :3] / scale
    if not np.allclose(axes.T @ axes, np.eye(3), atol=1e-3):
        raise MedOptError(
            "the box is sheared by its transform",
            where=node.GetID(),
            expected="perpendicular faces",
            remedy="Harden the transform or remove it",
        )
    flip = np.diag(LPS_TO_RAS)[:3]
    rows = tuple(tuple(float(value) for value in row) for row in axes * flip[:, None])
    center = tuple(float(value) for value in matrix[:3, 3] * flip)
    size = tuple(float(value) for value in np.asarray(node.GetSize()) * scale)
    return Box(center, size, rows, node.GetName())  # type: ignore[arg-type]
