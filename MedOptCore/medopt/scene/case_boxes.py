"""The boxes of a case beside its image: ROI nodes of reference and prediction."""

from __future__ import annotations

from collections.abc import Sequence

from medopt.image import Box, Boxes
from medopt.scene.classes import SegmentClass
from medopt.scene.hierarchy import put_into_case_folder
from medopt.scene.markups import roi_from_box
from medopt.scene.nodes import Node, Scene, mark


def show_boxes(
    scene: Scene,
    boxes: Boxes,
    classes: Sequence[SegmentClass],
    *,
    role: str,
    case: str | None = None,
    view: str | None = None,
    least: float = 0.0,
) -> list[Node]:
    """A new ROI node for each box, named by its class and, for a predicted one, its score.

    Boxes of the reference (without a score) are filled faintly; predicted ones are outlines. None of them can be
    moved. Boxes of values that are no class are named by their value.

    Parameters
    ----------
    role : "reference" or "prediction"
    case, view : with both, the nodes belong to that case and go when ``show_case`` shows another one in that view
    least : predicted boxes that score less are left out
    """
    infos = {info.value: info for info in classes}
    nodes = []
    for box in boxes.boxes:
        if box.score is not None and box.score < least:
            continue
        info = infos.get(box.value)
        node = roi_from_box(scene, box, name=_name(box, info), color=info.color if info else "", role=role, case=case)
        display = node.GetDisplayNode()
        display.SetFillVisibility(box.score is None)
        display.SetFillOpacity(0.2)
        display.SetHandlesInteractive(False)
        node.SetLocked(True)
        if view is not None and case is not None:
            mark(node, view=view, case=case)
        nodes.append(node)
    if case is not None and nodes:
        put_into_case_folder(scene, case, nodes)
    return nodes


def _name(box: Box, info: SegmentClass | None) -> str:
    name = info.name if info else str(box.value)
    return name if box.score is None else f"{name} {box.score:.2f}"
