"""Another label beside the one that is edited: as outlines, or as boxes that cannot be moved."""

from __future__ import annotations

from typing import Any

from MedOptLabelLib.task_editor import VIEW


def showLabel(scene: Any, session: Any, label: Any, *, role: str, name: str) -> None:
    """Show ``label`` over the case of ``session`` in nodes that go with the case; classes of images have no outline.

    Parameters
    ----------
    role : mark of the nodes, by which `removeShown` finds them
    name : of a segmentation's node
    """
    from medopt.image import Boxes, LabelMap
    from medopt.scene import put_into_case_folder, segmentation_from_label, style_as_outline
    from medopt.scene.case_boxes import show_boxes
    from medopt.scene.nodes import mark

    case, classes = session.current, session.project.settings.classes
    if isinstance(label, LabelMap):
        node = segmentation_from_label(scene, label, classes, name, session.editor.volumeNode, role=role)
        mark(node, case=case, view=VIEW)
        style_as_outline(node)
        put_into_case_folder(scene, str(case), [node])
    elif isinstance(label, Boxes):
        show_boxes(scene, label, classes, role=role, case=case, view=VIEW)


def removeShown(scene: Any, role: str) -> None:
    """Take away what `showLabel` has shown."""
    from medopt.scene import marked_nodes, remove_node

    for node in marked_nodes(scene, role=role, view=VIEW):
        remove_node(scene, node)
