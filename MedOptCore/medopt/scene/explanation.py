"""A map of what speaks for a class, as a volume that lies over the image, with its colour legend."""

from __future__ import annotations

import numpy as np

from medopt.errors import MedOptError
from medopt.image import Image
from medopt.image.heat_colors import heat_colors, heat_opacity
from medopt.scene.nodes import Node, Scene, add_node, mark
from medopt.scene.volumes import volume_from_image

ROLE = "explanation"
OPACITY = 0.4
"""Of the map over the image where nobody chose another: low, so that the image stays readable."""
LABELS = 5
"""Numbers beside the colour legend: 0, 25, 50, 75 and 100."""


def explanation_volume(scene: Scene, heat: Image, name: str, legend: str, *, case: str, view: str) -> Node:
    """A new scalar volume of a map with a colour table and a colour legend of its own; none of them is saved.

    Parameters
    ----------
    heat : one channel, whole per cent of the map's largest value (uint8, 0 to 100), as ``medopt explain`` writes it
    legend : title of the colour legend, such as "Grad-CAM of Tumour, % of the largest"
    case, view : the nodes go with the case, see ``show_case``

    Little is clear, more becomes opaque. Nothing is brought into a view: ``SliceLayers`` does that, and takes it back.
    Raises MedOptError when the image is no such map.
    """
    if heat.channels != 1 or heat.array.dtype != np.uint8 or heat.array.max(initial=0) > 100:
        raise MedOptError(
            "not a map of medopt explain",
            where=name,
            expected="one channel of whole per cent (uint8, 0 to 100)",
            found=f"{heat.channels} of {heat.array.dtype}, up to {heat.array.max(initial=0)}",
        )
    node = volume_from_image(scene, heat, name, role=ROLE, case=case)
    display = node.GetDisplayNode()
    display.SetAndObserveColorNodeID(_colors(scene, f"{name} colours", case, view).GetID())
    display.SetAutoWindowLevel(False)
    display.SetWindowLevelMinMax(0, 100)
    display.SetApplyThreshold(True)
    display.SetThreshold(1, 100)
    mark(node, view=view)
    node.SetSaveWithScene(False)
    _add_legend(scene, node, legend, case, view)
    return node


def legend_of(node: Node) -> Node | None:
    """The colour legend of a map's volume; None when somebody removed it."""
    displays = [node.GetNthDisplayNode(n) for n in range(node.GetNumberOfDisplayNodes())]
    return next((d for d in displays if d is not None and d.IsA("vtkMRMLColorLegendDisplayNode")), None)


def _colors(scene: Scene, name: str, case: str, view: str) -> Node:
    node = add_node(scene, "vtkMRMLColorTableNode", name, role=ROLE, case=case)
    mark(node, view=view)
    node.SetTypeToUser()
    node.SetNumberOfColors(101)
    shares = np.linspace(0, 1, 101)
    for percent, (rgb, opacity) in enumerate(zip(heat_colors(shares), heat_opacity(shares), strict=True)):
        node.SetColor(percent, f"{percent} %", *(float(part) for part in rgb), float(opacity))
    node.SetHideFromEditors(True)
    node.SetSaveWithScene(False)
    return node


def _add_legend(scene: Scene, volume: Node, title: str, case: str, view: str) -> None:
    legend = add_node(scene, "vtkMRMLColorLegendDisplayNode", f"{volume.GetName()} legend", role=ROLE, case=case)
    mark(legend, view=view)
    legend.SetAndObservePrimaryDisplayNode(volume.GetDisplayNode())
    legend.SetAndObserveColorNodeID(volume.GetDisplayNode().GetColorNodeID())
    legend.SetTitleText(title)
    legend.SetUseColorNamesForLabels(False)
    legend.SetNumberOfLabels(LABELS)
    legend.SetLabelFormat("%.0f")
    legend.SetSaveWithScene(False)
    volume.AddAndObserveDisplayNodeID(legend.GetID())
