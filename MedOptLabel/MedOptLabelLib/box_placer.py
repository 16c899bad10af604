"""A click in a slice view becomes a point of the patient: Slicer's own place mode, for one click."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from MedOptCoreLib.signal import Signal
from MedOptCoreLib.timer import Timer

ROLE = "box place"
NODE = "vtkMRMLMarkupsFiducialNode"


class BoxPlacer:
    """Waits for one click.

    Parameters
    ----------
    scene : a ``vtkMRMLScene``
    application : its ``vtkMRMLApplicationLogic``; None where there is nothing to click into
    placed : called with the point, LPS mm
    timer : lets the click end before its node is removed; None does so at once
    """

    def __init__(
        self, scene: Any, application: Any, placed: Callable[[Sequence[float]], None], timer: Timer | None = None
    ) -> None:
        self._scene, self._application, self._placed, self._timer = scene, application, placed, timer
        self._nodeId: str | None = None
        self._tags: list[tuple[Any, int]] = []
        self.changed = Signal()

    @property
    def placing(self) -> bool:
        """Whether a click is awaited."""
        return self._nodeId is not None

    @property
    def node(self) -> Any:
        """The point that is placed, None when no click is awaited."""
        return None if self._nodeId is None else self._scene.GetNodeByID(self._nodeId)

    def start(self) -> None:
        """Switch to place mode."""
        import slicer

        from medopt.scene.nodes import add_node

        if self._application is None or self.placing:
            return
        node = add_node(self._scene, NODE, "Box", role=ROLE)
        node.SetHideFromEditors(True)
        node.SetSaveWithScene(False)
        node.SetMaximumNumberOfControlPoints(1)
        node.CreateDefaultDisplayNodes()
        node.GetDisplayNode().SetPointLabelsVisibility(False)
        self._nodeId = node.GetID()
        event = slicer.vtkMRMLMarkupsNode.PointPositionDefinedEvent
        self._tags.append((node, node.AddObserver(event, self._onDefined)))
        selection, interaction = self._application.GetSelectionNode(), self._application.GetInteractionNode()
        selection.SetReferenceActivePlaceNodeClassName(NODE)
        selection.SetActivePlaceNodeID(node.GetID())
        interaction.SetPlaceModePersistence(0)
        interaction.SetCurrentInteractionMode(interaction.Place)
        event = interaction.InteractionModeChangedEvent
        self._tags.append((interaction, interaction.AddObserver(event, self._onMode)))
        self.changed.emit()

    def stop(self) -> None:
        """Give the click up; nothing happens when none is awaited."""
        if not self.placing:
            return
        from medopt.scene.nodes import remove_node

        node = self.node
        for caller, tag in self._tags:
            caller.RemoveObserver(tag)
        self._tags, self._nodeId = [], None
        interaction = self._application.GetInteractionNode()
        if interaction is not None:
            interaction.SetCurrentInteractionMode(interaction.ViewTransform)
        if node is not None:
            remove_node(self._scene, node)
        self.changed.emit()

    def _onDefined(self, node: Any, _event: str) -> None:
        position = [0.0, 0.0, 0.0]
        node.GetNthControlPointPositionWorld(0, position)
        self._soon(lambda: self._take(position))

    def _onMode(self, interaction: Any, _event: str) -> None:
        """Place mode was left; when no point was placed, the click was given up."""
        if interaction.GetCurrentInteractionMode() == interaction.Place:
            return
        node = self.node
        if node is None or node.GetNumberOfDefinedControlPoints() == 0:
            self._soon(self.stop)

    def _take(self, position: Sequence[float]) -> None:
        from medopt.scene.frames import points_to_ras

        self.stop()
        self._placed([float(x) for x in points_to_ras(np.asarray(position))])

    def _soon(self, action: Callable[[], None]) -> None:
        if self._timer is None:
            action()
            return
        timer = self._timer

        def once() -> None:
            timer.stop()
            action()

        timer.start(0, once)
