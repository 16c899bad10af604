"""How unsure a model is of each voxel, as a volume that lies over the image: clear where it is sure, red where not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import Geometry, Image
from medopt.scene.nodes import Node, Scene, add_node, mark
from medopt.scene.volumes import volume_from_image

ROLE = "uncertainty"
COLORS = ((0.0, (1.0, 1.0, 0.6)), (0.5, (1.0, 0.6, 0.0)), (1.0, (0.8, 0.0, 0.1)))
"""From sure (pale yellow, and clear) over orange to red: (share, red green blue), joined by straight lines."""
OPAQUE_FROM = 0.3
"""Uncertainty from which the colours are not clear any more."""


def uncertainty_volume(
    scene: Scene, uncertainty: NDArray[np.float32], geometry: Geometry, name: str, *, case: str, view: str
) -> Node:
    """A new scalar volume of whole per cent (uint8, 0 to 100) with a colour table of its own; neither is saved.

    Parameters
    ----------
    uncertainty : (k, j, i), 0 (sure) to 1 (no idea), on ``geometry``
    case, view : the nodes go with the case, see ``show_case``

    Raises MedOptError when the array does not fit the grid.
    """
    if uncertainty.shape != geometry.shape:
        raise MedOptError(
            "the map of uncertainty does not fit the image", expected=str(geometry.shape), found=str(uncertainty.shape)
        )
    percent = np.rint(np.clip(uncertainty, 0, 1) * 100).astype(np.uint8)
    node = volume_from_image(scene, Image(percent[np.newaxis], geometry), name, role=ROLE, case=case)
    mark(node, view=view)
    colors = _colors(scene, f"{name} colours", case, view)
    display = node.GetDisplayNode()
    display.SetAndObserveColorNodeID(colors.GetID())
    display.SetAutoWindowLevel(False)
    display.SetWindowLevelMinMax(0, 100)
    display.SetInterpolate(False)
    display.SetApplyThreshold(True)
    display.SetThreshold(1, 100)
    node.SetSaveWithScene(False)
    return node


def _colors(scene: Scene, name: str, case: str, view: str) -> Node:
    node = add_node(scene, "vtkMRMLColorTableNode", name, role=ROLE, case=case)
    mark(node, view=view)
    node.SetTypeToUser()
    node.SetNumberOfColors(101)
    places = [place for place, _ in COLORS]
    for percent in range(101):
        share = percent / 100
        red, green, blue = (float(np.interp(share, places, [c[n] for _, c in COLORS])) for n in range(3))
        node.SetColor(percent, f"{percent} %", red, green, blue, min(1.0, share / OPAQUE_FROM))
    node.SetHideFromEditors(True)
    node.SetSaveWithScene(False)
    return node
