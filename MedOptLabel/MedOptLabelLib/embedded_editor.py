"""Slicer's Segment Editor inside the labelling panel, with a parameter node of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer
import vtk

from MedOptCoreLib.effect_registration import offerAssist

TAG = "MedOptLabel"
"""Singleton tag of the parameter node, so that the Segment Editor module keeps its own."""

KEY_EFFECTS = ("Draw",)
"""Effects that use the key A themselves while they are active."""


class EmbeddedEditor:
    """Hands case after case to a ``qMRMLSegmentEditorWidget``; effect and segment in hand stay from case to case.

    Parameters
    ----------
    scene : a ``vtkMRMLScene``
    keyNeeded : called with True when the active effect needs the key A, and with False when it is free again
    """

    def __init__(self, scene: Any, keyNeeded: Callable[[bool], None]) -> None:
        self._scene, self._keyNeeded = scene, keyNeeded
        self._observed: tuple[Any, int] | None = None
        self._tool = ("", "")
        self._entered, self._used = False, True
        self.widget = slicer.qMRMLSegmentEditorWidget()
        self.widget.setMRMLScene(scene)
        self.widget.setMaximumNumberOfUndoStates(10)
        self.widget.segmentationNodeSelectorVisible = False
        self.widget.sourceVolumeNodeSelectorVisible = False
        self.widget.addRemoveSegmentButtonsVisible = False
        self.widget.switchToSegmentationsButtonVisible = False
        offerAssist(self.widget)

    def node(self) -> Any:
        """The parameter node, made where the scene has none."""
        node = self._scene.GetSingletonNode(TAG, "vtkMRMLSegmentEditorNode")
        if node is None:
            node = self._scene.CreateNodeByClass("vtkMRMLSegmentEditorNode")
            node.UnRegister(None)  # the Python variable owns it now
            node.SetSingletonTag(TAG)
            node = self._scene.AddNode(node)
        return node

    def enter(self) -> None:
        """The panel comes to the front: take the views and, with a main window, the keys."""
        self._entered = True
        self._take()

    def exit(self) -> None:
        """Another module comes to the front: give keys and views back."""
        self._entered = False
        self._give()

    def setUsed(self, used: bool) -> None:
        """Whether the project is one of segmentation; in others keys and views are left to their editors."""
        if used == self._used:
            return
        self._used = used
        if self._entered and used:
            self._take()
        elif not used:
            self._give()

    def _take(self) -> None:
        if not self._used:
            return
        self.widget.setupViewObservations()
        if slicer.util.mainWindow() is not None:
            self.widget.installKeyboardShortcuts()

    def _give(self) -> None:
        self.widget.setActiveEffect(None)
        self.widget.uninstallKeyboardShortcuts()
        self.widget.removeViewObservations()

    def release(self) -> None:
        """Let go of the case before its nodes are removed; remembers the tool in hand."""
        node = self.widget.mrmlSegmentEditorNode()
        if self.widget.segmentationNode() is not None and node is not None:
            self._tool = (node.GetActiveEffectName() or "", self.widget.currentSegmentID())
        self.widget.setActiveEffect(None)
        self.widget.setSegmentationNode(None)

    def edit(self, segmentation: Any, volume: Any) -> None:
        """Edit ``segmentation`` over ``volume``, with the tool that was in hand before; None edits nothing."""
        if segmentation is None:
            self.widget.setSegmentationNode(None)
            return
        node = self.node()
        self.widget.setMRMLSegmentEditorNode(node)
        self._observe(node)
        self.widget.setSegmentationNode(segmentation)
        self.widget.setSourceVolumeNode(volume)
        effect, segmentId = self._tool
        if segmentId and segmentation.GetSegmentation().GetSegment(segmentId) is not None:
            self.widget.setCurrentSegmentID(segmentId)
        if self._entered:
            self.widget.setupViewObservations()
            if effect:
                self.widget.setActiveEffectByName(effect)

    def cleanup(self) -> None:
        """Let go of everything."""
        self._unobserve()
        self.widget.setSegmentationNode(None)

    def _observe(self, node: Any) -> None:
        if self._observed is not None and self._observed[0] is node:
            return
        self._unobserve()
        self._observed = (node, node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._onModified))

    def _unobserve(self) -> None:
        if self._observed is not None:
            node, tag = self._observed
            node.RemoveObserver(tag)
            self._observed = None

    def _onModified(self, node: Any, _event: str) -> None:
        self._keyNeeded((node.GetActiveEffectName() or "") in KEY_EFFECTS)
