"""One case in the scene: image, reference and prediction side by side, with a map of where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from medopt.errors import MedOptError
from medopt.image import Image, LabelMap
from medopt.scene.classes import SegmentClass
from medopt.scene.hierarchy import put_into_case_folder, remove_case
from medopt.scene.nodes import CASE, Node, Scene, add_node, mark, marked_nodes, remove_node
from medopt.scene.segmentations import segmentation_from_label, style_as_fill, style_as_outline
from medopt.scene.volumes import labelmap_from_label, volume_from_image, volumes_from_channels

ERRORS = (("Missed", (0.0, 0.45, 0.7)), ("Too much", (0.84, 0.37, 0.0)), ("Other structure", (0.8, 0.47, 0.65)))
"""Names and colours of the values 1, 2 and 3 of an error map: in the reference only, in the prediction only, in both
but of another class."""


@dataclass(frozen=True)
class CaseNodes:
    """Ids of the nodes that show a case; None for what it does not have."""

    case: str
    volumes: tuple[str, ...]
    reference: str | None
    prediction: str | None
    error_map: str | None


def show_case(
    scene: Scene,
    image: Image,
    classes: Sequence[SegmentClass],
    case: str,
    *,
    reference: LabelMap | None = None,
    prediction: LabelMap | None = None,
    view: str = "case",
) -> CaseNodes:
    """Show a case and take away the one that the same view showed before; the rest of the scene stays as it is.

    One volume a channel (or one colour volume for three channels of uint8), the reference as filled areas, the
    prediction as thick outlines, and, with both, an error map (see `ERRORS`). All nodes stand under one folder of
    the subject hierarchy. Unsaved changes of the view's earlier case are lost: save them first.

    Parameters
    ----------
    view : who shows it ("label", "validate" …), so that panels don't take away each other's cases

    Raises MedOptError when image and labels lie on different grids or a label holds a value outside the classes;
    the scene is then as it was.
    """
    _check_grids(image, reference, prediction)
    earlier = marked_nodes(scene, view=view)
    made: list[Node] = []
    try:
        shown = _add_nodes(scene, image, classes, case, reference, prediction, made)
    except MedOptError:
        for node in made:
            remove_node(scene, node)
        raise
    for node in made:
        mark(node, view=view, case=case)
    _remove(scene, earlier)
    put_into_case_folder(scene, case, [node for node in made if not node.GetHideFromEditors()])
    return shown


def remove_view(scene: Scene, view: str = "case") -> None:
    """Take away whatever a view shows; nothing happens when it shows nothing."""
    _remove(scene, marked_nodes(scene, view=view))


def error_map(reference: LabelMap, prediction: LabelMap) -> LabelMap:
    """uint8 (k, j, i): 0 where both agree, 1 in the reference only, 2 in the prediction only, 3 another class.

    Raises MedOptError when the two lie on different grids.
    """
    if not reference.geometry.is_close(prediction.geometry):
        raise _other_grid("reference and prediction", reference.geometry.shape, prediction.geometry.shape)
    a, b = reference.array, prediction.array
    result = np.zeros(a.shape, np.uint8)
    result[(a != 0) & (b == 0)] = 1
    result[(a == 0) & (b != 0)] = 2
    result[(a != 0) & (b != 0) & (a != b)] = 3
    return LabelMap(result, reference.geometry)


def show_in_slices(application: Any, volume: Node, *, fit: bool = True) -> None:
    """Make a volume the background of all slice views, and centre them on it where ``fit``.

    Parameters
    ----------
    application : the ``vtkMRMLApplicationLogic``: ``slicer.app.applicationLogic()`` in Slicer
    """
    application.GetSelectionNode().SetActiveVolumeID(volume.GetID())
    application.PropagateBackgroundVolumeSelection(int(fit))


def _check_grids(image: Image, reference: LabelMap | None, prediction: LabelMap | None) -> None:
    for label, what in ((reference, "image and reference"), (prediction, "image and prediction")):
        if label is not None and not label.geometry.is_close(image.geometry):
            raise _other_grid(what, image.geometry.shape, label.geometry.shape)


def _other_grid(what: str, expected: tuple[int, ...], found: tuple[int, ...]) -> MedOptError:
    same = " at another place or spacing" if expected == found else ""
    return MedOptError(
        f"{what} lie on different grids",
        expected=f"{expected} voxels",
        found=f"{found} voxels{same}",
        remedy="Run `medopt check` on the project; it names the cases and the repair",
    )


def _add_nodes(
    scene: Scene,
    image: Image,
    classes: Sequence[SegmentClass],
    case: str,
    reference: LabelMap | None,
    prediction: LabelMap | None,
    made: list[Node],
) -> CaseNodes:
    """Add all nodes, each noted in ``made`` as soon as it exists."""
    colored = image.channels == 3 and image.array.dtype == np.uint8
    volumes = [volume_from_image(scene, image, case)] if colored else volumes_from_channels(scene, image, case)
    made += volumes
    reference_node = prediction_node = error_node = None
    if reference is not None:
        reference_node = segmentation_from_label(
            scene, reference, classes, f"{case} reference", volumes[0], role="reference"
        )
        made.append(reference_node)
        style_as_fill(reference_node)
    if prediction is not None:
        prediction_node = segmentation_from_label(
            scene, prediction, classes, f"{case} prediction", volumes[0], role="prediction"
        )
        made.append(prediction_node)
        style_as_outline(prediction_node)
    if reference is not None and prediction is not None:
        error_node = labelmap_from_label(scene, error_map(reference, prediction), f"{case} errors", role="errors")
        made.append(error_node)
        colors = _error_colors(scene, case)
        made.append(colors)
        error_node.GetDisplayNode().SetAndObserveColorNodeID(colors.GetID())
    ids = [None if node is None else node.GetID() for node in (reference_node, prediction_node, error_node)]
    return CaseNodes(case, tuple(node.GetID() for node in volumes), *ids)


def _error_colors(scene: Scene, case: str) -> Node:
    node = add_node(scene, "vtkMRMLColorTableNode", f"{case} error colours", role="colors")
    node.SetTypeToUser()
    node.SetNumberOfColors(len(ERRORS) + 1)
    node.SetColor(0, "Agreement", 0.0, 0.0, 0.0, 0.0)
    for value, (name, color) in enumerate(ERRORS, 1):
        node.SetColor(value, name, *color, 1.0)
    node.SetHideFromEditors(True)
    return node


def _remove(scene: Scene, nodes: Sequence[Node]) -> None:
    cases = {node.GetAttribute(CASE) for node in nodes}
    for node in nodes:
        remove_node(scene, node)
    for case in cases - {None}:
        if not marked_nodes(scene, case=case):
            remove_case(scene, case)
