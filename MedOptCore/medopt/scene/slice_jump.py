"""Slice views look at a point of the patient."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from medopt.scene.frames import points_to_ras
from medopt.scene.nodes import Scene


def jump_slices(scene: Scene, point: ArrayLike) -> int:
    """Move every slice view of the scene to ``point``, LPS mm, and centre it there; how many there are."""
    ras = points_to_ras(np.asarray(point, float))
    count = scene.GetNumberOfNodesByClass("vtkMRMLSliceNode")
    for number in range(count):
        scene.GetNthNodeByClass(number, "vtkMRMLSliceNode").JumpSliceByCentering(*(float(x) for x in ras))
    return int(count)
