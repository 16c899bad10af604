"""Boxes and ROI nodes: centre, size and axes exact both ways, LPS on one side and RAS on the other."""

from __future__ import annotations

import numpy as np

from medopt.errors import MedOptError
from medopt.image import LPS_TO_RAS, Box
from medopt.scene.classes import rgb
from medopt.scene.frames import array_of, parent_matrix, vtk_matrix
from medopt.scene.nodes import Node, Scene, add_node, one_update


def roi_from_box(
    scene: Scene, box: Box, *, name: str = "Box", color: str = "", role: str | None = "box", case: str | None = None
) -> Node:
    """A new ``vtkMRMLMarkupsROINode`` in the place of the box.

    ``name`` is that of its class; the node and its control point get it, so that it is in the file that Slicer saves.
    MRML wants right-handed axes: of a left-handed box the third axis is flipped, which is the same box.
    """
    node = add_node(scene, "vtkMRMLMarkupsROINode", name, role=role, case=case)
    axes = np.asarray(box.axes, float) * np.diag(LPS_TO_RAS)[:3, None]
    if np.linalg.det(axes) < 0:
        axes[:, 2] = -axes[:, 2]
    matrix = np.eye(4)
    matrix[:3, :3] = axes
    matrix[:3, 3] = np.asarray(box.center, float) * np.diag(LPS_TO_RAS)[:3]
    with one_update(node):
        node.SetSize(*box.size)
        node.SetAndObserveObjectToNodeMatrix(vtk_matrix(matrix))
        node.SetNthControlPointLabel(0, name)
    node.CreateDefaultDisplayNodes()
    if color:
        node.GetDisplayNode().SetSelectedColor(*rgb(color))
    return node


def box_from_roi(node: Node, value: int) -> Box:
    """The box of an ROI node in the patient's frame, a linear parent transform included; the node stays as it is.

    ``value`` is that of its class, which the caller knows from the node's name.

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
    return Box(center, size, value, rows)  # type: ignore[arg-type]
