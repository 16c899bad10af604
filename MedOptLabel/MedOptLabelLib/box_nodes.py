"""The ROI nodes of a case's boxes, in the order in which they were made, and what the user does to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from medopt.errors import MedOptError
from medopt.image import Box
from MedOptLabelLib.task_editor import VIEW, CaseToEdit


class BoxNodes:
    """Parameters
    ----------
    scene : a ``vtkMRMLScene``
    moved : called when the user has moved, resized or renamed a node
    removed : called when nodes were deleted
    """

    def __init__(self, scene: Any, moved: Callable[[], None], removed: Callable[[], None]) -> None:
        self._scene, self._moved, self._removed = scene, moved, removed
        self._case: CaseToEdit | None = None
        self._ids: list[str] = []
        self._tags: list[tuple[Any, int]] = []
        self._quiet = False

    def __len__(self) -> int:
        return len(self._ids)

    def begin(self, case: CaseToEdit) -> None:
        """The nodes of ``case`` come now; those of the case before have gone."""
        import slicer

        self.end()
        self._case = case
        event = slicer.vtkMRMLScene.NodeRemovedEvent
        self._tags = [(self._scene, self._scene.AddObserver(event, self._onNodeRemoved))]

    def end(self) -> None:
        """Let go of the nodes without touching them."""
        for caller, tag in self._tags:
            caller.RemoveObserver(tag)
        self._case, self._tags, self._ids = None, [], []

    def node(self, row: int | None) -> Any:
        """The node of a box; None where there is none."""
        if row is None or not 0 <= row < len(self._ids):
            return None
        return self._scene.GetNodeByID(self._ids[row])

    def add(self, box: Box) -> None:
        """A node more."""
        import slicer

        from medopt.scene import put_into_case_folder
        from medopt.scene.editable_boxes import editable_roi

        assert self._case is not None
        case = self._case
        flat = case.image.geometry.is_2d
        node = editable_roi(self._scene, box, case.settings.classes, case=case.id, view=VIEW, flat=flat)
        put_into_case_folder(self._scene, case.id, [node])
        for event in (slicer.vtkMRMLMarkupsNode.PointModifiedEvent, "ModifiedEvent"):
            self._tags.append((node, node.AddObserver(event, self._onNode)))
        self._ids.append(node.GetID())

    def exchange(self, boxes: Iterable[Box]) -> None:
        """Nodes of ``boxes``, without their scores, in place of those that are there; nobody is told."""
        from medopt.scene import remove_node

        def work() -> None:
            for node in [self.node(row) for row in range(len(self._ids))]:
                if node is not None:
                    remove_node(self._scene, node)
            self._tags = [(caller, tag) for caller, tag in self._tags if caller is self._scene]
            self._ids = []
            for box in boxes:
                self.add(replace(box, score=None))

        self.quietly(work)

    def boxes(self, *, strict: bool = False) -> list[Box]:
        """The boxes as they stand, cut to the image; one that cannot be read is left out, or a MedOptError."""
        from medopt.scene.editable_boxes import read_editable_roi

        found = []
        for row in range(len(self._ids)):
            try:
                found.append(self.cut(read_editable_roi(self.node(row))))
            except MedOptError:
                if strict:
                    raise
        return found

    def cut(self, box: Box) -> Box:
        """``box`` as far as it lies in the image; as it is where it lies outside."""
        from medopt.project.box_labels import cut_to_image

        assert self._case is not None
        return cut_to_image(box, self._case.image.geometry) or box

    def quietly(self, action: Callable[[], Any]) -> None:
        """Do what is no change of the user's."""
        self._quiet = True
        try:
            action()
        finally:
            self._quiet = False

    def _onNode(self, _node: Any, _event: str) -> None:
        if not self._quiet:
            self._moved()

    def _onNodeRemoved(self, _caller: Any, _event: str) -> None:
        if self._quiet:
            return
        kept = [nodeId for nodeId in self._ids if self._scene.GetNodeByID(nodeId) is not None]
        if kept != self._ids:
            self._tags = [(caller, tag) for caller, tag in self._tags if caller is self._scene or caller.GetScene()]
            self._ids = kept
            self._removed()
