"""The boxes of a case beside its image: ROI nodes of reference and prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from medopt.image import Box, Boxes
from medopt.scene.classes import SegmentClass
from medopt.scene.hierarchy import put_into_case_folder
from medopt.scene.markups import roi_from_box
from medopt.scene.nodes import Node, Scene, mark

Outcome = Literal["found", "missed", "false"]

OUTCOMES = MappingProxyType({"found": ("", "#009e73"), "missed": ("missed", "#0072b2"), "false": ("false", "#d55e00")})
"""Outcome → what stands behind the name, and the colour: green found, blue missed, orange false, as in error maps."""


def show_boxes(
    scene: Scene,
    boxes: Boxes,
    classes: Sequence[SegmentClass],
    *,
    role: str,
    case: str | None = None,
    view: str | None = None,
    least: float = 0.0,
    outcomes: Mapping[int, Outcome] | None = None,
) -> list[Node]:
    """A new ROI node for each box, named by its class and, for a predicted one, its score.

    Boxes of the reference (without a score) are filled faintly; predicted ones are outlines. None of them can be
    moved. Boxes of values that are no class are named by their value. With ``outcomes`` colours tell what was found,
    missed and false (see ``OUTCOMES``), and names say so, too; without, colours are those of the classes.

    Parameters
    ----------
    role : "reference" or "prediction"
    case, view : with both, the nodes belong to that case and go when ``show_case`` shows another one in that view
    least : predicted boxes that score less are left out
    outcomes : of each box by its place in ``boxes``; boxes without one keep the colour of their class
    """
    infos = {info.value: info for info in classes}
    nodes = []
    for place, box in enumerate(boxes.boxes):
        if box.score is not None and box.score < least:
            continue
        info = infos.get(box.value)
        name, color = _name(box, info), info.color if info else ""
        outcome = None if outcomes is None else outcomes.get(place)
        if outcome is not None:
            word, color = OUTCOMES[outcome]
            name = f"{name} ({word})" if word else name
        node = roi_from_box(scene, box, name=name, color=color, role=role, case=case)
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
