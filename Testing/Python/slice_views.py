"""Three real slice views without a window, for tests of what is shown in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

VIEWS = (("Red", "Axial"), ("Yellow", "Sagittal"), ("Green", "Coronal"))


@contextmanager
def slice_views(headless: Any) -> Iterator[dict[str, Any]]:
    """Slice logics by layout name, known to the application; their nodes are gone afterwards."""
    import slicer
    import vtk

    scene, application = headless.scene, headless.application
    known = {scene.GetNthNode(n).GetID() for n in range(scene.GetNumberOfNodes())}
    logics, collection = {}, vtk.vtkCollection()
    for name, orientation in VIEWS:
        logic = slicer.vtkMRMLSliceLogic()
        logic.SetMRMLApplicationLogic(application)
        logic.SetMRMLScene(scene)
        node = logic.AddSliceNode(name)
        node.SetOrientation(orientation)
        node.SetMappedInLayout(1)
        node.SetDimensions(400, 300, 1)
        collection.AddItem(logic)
        logics[name] = logic
    application.SetSliceLogics(collection)
    try:
        yield logics
    finally:
        application.SetSliceLogics(vtk.vtkCollection())
        for logic in logics.values():
            logic.SetMRMLScene(None)
        for node in [scene.GetNthNode(n) for n in range(scene.GetNumberOfNodes())]:
            if (
                node.GetID() not in known
                and node.IsA("vtkMRMLNode")
                and "Slice" in (node.GetClassName() + node.GetName())
            ):
                scene.RemoveNode(node)


def scene_state(scene: Any) -> dict[str, Any]:
    """Everything that a preview must leave as it was: nodes, what views show, selections, subject hierarchy."""
    import vtk

    from medopt.scene.nodes import subject_hierarchy

    nodes = [scene.GetNthNode(n) for n in range(scene.GetNumberOfNodes())]
    state: dict[str, Any] = {"ids": sorted(node.GetID() for node in nodes)}
    for node in nodes:
        if node.IsA("vtkMRMLSliceCompositeNode"):
            names = ("BackgroundVolumeID", "ForegroundVolumeID", "LabelVolumeID", "ForegroundOpacity", "LabelOpacity")
            state[node.GetID()] = [getattr(node, f"Get{name}")() for name in (*names, "Compositing", "LinkedControl")]
        elif node.IsA("vtkMRMLSliceNode"):
            matrix = [node.GetSliceToRAS().GetElement(r, c) for r in range(4) for c in range(4)]
            state[node.GetID()] = (node.GetFieldOfView(), node.GetXYZOrigin(), matrix, node.GetLayoutName())
        elif node.IsA("vtkMRMLSelectionNode"):
            state[node.GetID()] = [
                getattr(node, f"GetActive{name}ID")() for name in ("Volume", "LabelVolume", "PlotChart", "Table")
            ]
        elif node.IsA("vtkMRMLDisplayNode"):
            state[node.GetID()] = (node.GetVisibility(), node.GetColorNodeID(), node.GetOpacity())
    hierarchy = subject_hierarchy(scene)
    items = vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), items, True)
    found = [items.GetId(n) for n in range(items.GetNumberOfIds())]
    state["hierarchy"] = [(item, hierarchy.GetItemName(item), hierarchy.GetItemParent(item)) for item in found]
    return state
