"""One subject-hierarchy folder a case: MedOpt's own nodes come and go with it, the user's stay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from medopt.scene.nodes import CASE, Node, Scene, check, marked_nodes, remove_node, subject_hierarchy


def put_into_case_folder(scene: Scene, case: str, nodes: Iterable[Node]) -> int:
    """Put nodes under the folder of a case, made where it is missing; the folder's item id.

    Repeating it changes nothing. The folder carries the case id as its name and as an attribute, by which it is
    found again even when the user renames it.
    """
    hierarchy = subject_hierarchy(scene)
    folder = _find_folder(hierarchy, case)
    if not folder:
        folder = hierarchy.CreateFolderItem(hierarchy.GetSceneItemID(), case)
        check(folder, "the subject hierarchy takes no folder", where=case)
        hierarchy.SetItemAttribute(folder, CASE, case)
    for node in nodes:
        item = hierarchy.GetItemByDataNode(node)
        if item == hierarchy.GetInvalidItemID():
            check(
                hierarchy.CreateItem(folder, node), "the subject hierarchy does not take the node", where=node.GetID()
            )
        else:
            hierarchy.SetItemParent(item, folder)
    return int(folder)


def remove_case(scene: Scene, case: str, *, view: str | None = None) -> None:
    """Remove MedOpt's own nodes of a case, and its folder once it is not needed any more.

    What the user put into the folder moves to the folder's parent; nodes without MedOpt's mark are never removed.
    A case that is not in the scene is no error.

    Parameters
    ----------
    view : only the nodes of this view (see `show_case`); None for all of the case
    """
    for node in marked_nodes(scene, case=case, view=view):
        remove_node(scene, node)
    if marked_nodes(scene, case=case):
        return
    hierarchy = subject_hierarchy(scene)
    folder = _find_folder(hierarchy, case)
    if folder:
        for item in _children(hierarchy, folder):
            hierarchy.SetItemParent(item, hierarchy.GetItemParent(folder))
        hierarchy.RemoveItem(folder, False, False)


def _find_folder(hierarchy: Any, case: str) -> int:
    for item in _children(hierarchy, hierarchy.GetSceneItemID(), recursive=True):
        if hierarchy.GetItemAttribute(item, CASE) == case and hierarchy.GetItemDataNode(item) is None:
            return item
    return 0


def _children(hierarchy: Any, item: int, *, recursive: bool = False) -> list[int]:
    import vtk

    ids = vtk.vtkIdList()
    hierarchy.GetItemChildren(item, ids, recursive)
    return [ids.GetId(index) for index in range(ids.GetNumberOfIds())]
