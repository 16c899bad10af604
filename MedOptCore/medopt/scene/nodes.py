"""The few things that every node of MedOpt has in common: made with a check, marked as ours, removed whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from medopt.errors import MedOptError

Scene: TypeAlias = Any
"""A ``vtkMRMLScene``; not imported, so that the type exists without Slicer."""
Node: TypeAlias = Any
"""A node of the scene."""

ROLE = "MedOpt.Role"
"""Node attribute: what MedOpt made the node for ("image", "reference", "prediction", "table" …)."""
CASE = "MedOpt.Case"
"""Node attribute: the id of the case that the node shows."""
VIEW = "MedOpt.View"
"""Node attribute: which panel shows the node, so that panels leave each other's nodes alone."""


def add_node(scene: Scene, class_name: str, name: str, *, role: str | None = None, case: str | None = None) -> Node:
    """Add a node to the scene, marked with its role and case; MedOptError when the scene cannot make one."""
    node = scene.AddNewNodeByClass(class_name, name)
    if node is None:
        raise MedOptError(
            "the scene cannot hold this kind of node",
            expected=f"a scene that knows {class_name}",
            remedy="Use the scene of a running Slicer, or medopt.scene.headless_scene()",
        )
    mark(node, role=role, case=case)
    return node


def mark(node: Node, *, role: str | None = None, case: str | None = None, view: str | None = None) -> None:
    """Mark a node as MedOpt's; None leaves a mark as it is."""
    for attribute, value in ((ROLE, role), (CASE, case), (VIEW, view)):
        if value is not None:
            node.SetAttribute(attribute, value)


def marked_nodes(
    scene: Scene, *, role: str | None = None, case: str | None = None, view: str | None = None
) -> list[Node]:
    """MedOpt's own nodes, in scene order: all with a role, or those of this role, case and view where given.

    A node without the role attribute is the user's and never returned. Empty for a scene without any.
    """
    wanted = [(name, value) for name, value in ((ROLE, role), (CASE, case), (VIEW, view)) if value is not None]
    nodes = [scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes())]
    return [
        node
        for node in nodes
        if node.GetAttribute(ROLE) and all(node.GetAttribute(name) == value for name, value in wanted)
    ]


def remove_node(scene: Scene, node: Node) -> None:
    """Remove a node together with its display and storage nodes and its place in the subject hierarchy.

    MRML alone would leave these behind. A display or storage node that another node uses too stays. A node that is
    not in the scene is ignored.
    """
    if not scene.IsNodePresent(node):
        return
    companions = []
    if node.IsA("vtkMRMLDisplayableNode"):
        companions += [node.GetNthDisplayNode(index) for index in range(node.GetNumberOfDisplayNodes())]
    if node.IsA("vtkMRMLStorableNode"):
        companions += [node.GetNthStorageNode(index) for index in range(node.GetNumberOfStorageNodes())]
    scene.RemoveNode(node)
    hierarchy = subject_hierarchy(scene)
    item = hierarchy.GetItemByDataNode(node)
    if item != hierarchy.GetInvalidItemID():  # the application has removed it by now, a scene without one has not
        hierarchy.RemoveItem(item, False, False)
    for companion in companions:
        if companion is not None and scene.IsNodePresent(companion) and not _is_used(scene, companion):
            scene.RemoveNode(companion)


def node_by_id(scene: Scene, node_id: str, class_name: str = "vtkMRMLNode") -> Node:
    """The node with this id; MedOptError when it is gone from the scene or of another class."""
    node = scene.GetNodeByID(node_id) if node_id else None
    if node is None or not node.IsA(class_name):
        raise MedOptError(
            "the node is no longer in the scene",
            where=node_id or None,
            expected=f"a {class_name}",
            found="none" if node is None else node.GetClassName(),
            remedy="Show the case again",
        )
    return node


@contextmanager
def one_update(node: Node) -> Iterator[None]:
    """Gather all changes of a node into one Modified event at the end."""
    was_modifying = node.StartModify()
    try:
        yield
    finally:
        node.EndModify(was_modifying)


def check(done: object, problem: str, *, where: str | None = None, remedy: str | None = None) -> None:
    """MedOptError with ``problem`` when a VTK or MRML call answered that it failed: VTK raises nothing itself."""
    if not done:
        raise MedOptError(
            problem, where=where, remedy=remedy or "The application's error log holds the reason that Slicer gave"
        )


def subject_hierarchy(scene: Scene) -> Any:
    """The scene's subject-hierarchy node, made where it is missing."""
    import slicer

    node = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    check(node is not None, "the scene has no subject hierarchy")
    return node


def _is_used(scene: Scene, node: Node) -> bool:
    others = (scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes()))
    return any(scene.IsNodeReferencingNodeID(other, node.GetID()) for other in others)
