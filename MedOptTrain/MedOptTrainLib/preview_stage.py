"""The one preview that is up: its nodes, what the views showed before, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

VIEW = "train preview"
"""Mark of the nodes of previews."""


class PreviewStage:
    """Brings a preview up and takes it away without a trace; a second preview ends the first.

    A preview also ends when one of its nodes, or the volume that it lies over, is removed, and it is forgotten when
    the scene is closed.

    Parameters
    ----------
    scene : a ``vtkMRMLScene``
    application : its ``vtkMRMLApplicationLogic``; None without views
    """

    def __init__(self, scene: Any, application: Any = None) -> None:
        from medopt.scene.preview_layers import SliceLayers

        self.scene, self._application = scene, application
        self._activePlot: str | None = None
        self.layers = SliceLayers(scene, application)
        self._onEnd: Callable[[], None] | None = None
        self._own: list[str] = []
        self._watched: list[str] = []
        self._tags: list[int] = []

    @property
    def open(self) -> bool:
        """Whether a preview is up."""
        return self._onEnd is not None

    def begin(self, onEnd: Callable[[], None]) -> None:
        """End the preview that is up; ``onEnd`` is called once when this one ends, however that happens."""
        self.close()
        self._onEnd = onEnd
        scene = self.scene
        self._tags = [
            scene.AddObserver(scene.NodeRemovedEvent, self._onRemoved),
            scene.AddObserver(scene.StartCloseEvent, self._onSceneClose),
        ]

    def keep(self, *nodes: Any) -> None:
        """Nodes of the preview: they are removed with it."""
        from medopt.scene.nodes import mark

        for node in nodes:
            mark(node, view=VIEW)
            self._own.append(node.GetID())

    def watch(self, node: Any) -> None:
        """A node of somebody else without which the preview makes no sense."""
        self._watched.append(node.GetID())

    def close(self) -> None:
        """Take the preview away: views first, then nodes."""
        from medopt.scene import remove_node

        if not self.open:
            return
        self._unobserve()
        self.layers.restore()
        for nodeId in self._own:
            node = self.scene.GetNodeByID(nodeId)
            if node is not None:
                remove_node(self.scene, node)
        self._end()

    def rememberPlot(self) -> None:
        """Before a plot of the preview is shown: which one is active now."""
        if self._application is not None:
            self._activePlot = self._application.GetSelectionNode().GetActivePlotChartID()

    def putBackPlot(self, chart: Any) -> None:
        """Before ``chart`` is removed: where it is the active plot, make the remembered one active again."""
        if self._application is None:
            return
        selection = self._application.GetSelectionNode()
        if selection.GetActivePlotChartID() == chart.GetID():
            known = self._activePlot if self.scene.GetNodeByID(self._activePlot or "") is not None else None
            selection.SetActivePlotChartID(known)
            self._application.PropagatePlotChartSelection()

    def _end(self) -> None:
        self._unobserve()
        self.layers.forget()
        self._own, self._watched = [], []
        onEnd, self._onEnd = self._onEnd, None
        if onEnd is not None:
            onEnd()

    def _unobserve(self) -> None:
        for tag in self._tags:
            self.scene.RemoveObserver(tag)
        self._tags = []

    def _onRemoved(self, _scene: Any, _event: str) -> None:
        if any(self.scene.GetNodeByID(nodeId) is None for nodeId in (*self._own, *self._watched)):
            if self.scene.IsClosing():
                self._end()
            else:
                self.close()

    def _onSceneClose(self, _scene: Any, _event: str) -> None:
        self._end()
