"""Which slices of a volume are looked at now."""

from __future__ import annotations

import numpy as np

from medopt.image import Geometry
from medopt.scene.frames import array_of, points_to_ras
from medopt.scene.nodes import Scene

THICKEST = 3
"""A view that cuts through more slices than this looks along them, not at them."""


def planes_in_view(scene: Scene, geometry: Geometry) -> tuple[int, ...]:
    """Indices k of the slices of ``geometry`` that the slice views of the present layout show, ascending.

    A view counts when its plane lies within few slices, as an axial view of an axial volume does; a view between two
    slices shows both, since it interpolates. Empty when no view looks at slices, or all look past the volume.
    """
    found: set[int] = set()
    for number in range(scene.GetNumberOfNodesByClass("vtkMRMLSliceNode")):
        node = scene.GetNthNodeByClass(number, "vtkMRMLSliceNode")
        if not node.IsMappedInLayout():
            continue
        plane = array_of(node.GetSliceToRAS())
        span = _span(geometry, points_to_ras(plane[:3, 2]), points_to_ras(plane[:3, 3]))
        if span is not None:
            found.update(k for k in range(span[0], span[1] + 1) if 0 <= k < geometry.shape[0])
    return tuple(sorted(found))


def _span(geometry: Geometry, normal: np.ndarray, point: np.ndarray) -> tuple[int, int] | None:
    """First and last slice that a plane (LPS, mm) cuts within the volume; None when it does not lie along slices."""
    slope = normal @ geometry.matrix[:3, :3]
    if abs(slope[0]) < 1e-9:
        return None
    offset = normal @ (point - np.asarray(geometry.origin))
    corners = [(j, i) for j in (0, geometry.shape[1] - 1) for i in (0, geometry.shape[2] - 1)]
    heights = [(offset - slope[1] * j - slope[2] * i) / slope[0] for j, i in corners]
    low, high = min(heights), max(heights)
    if high - low > THICKEST:
        return None
    slack = 1e-3  # a view that stands on a slice needs only that one
    return int(np.floor(low + slack)), int(np.ceil(high - slack))
