"""Bring a table or a plot into the present view layout, and back again; nothing moves without a press of a button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

TABLE_VIEW, PLOT_VIEW = "vtkMRMLTableViewNode", "vtkMRMLPlotViewNode"
SELECTED = "dataSelected(vtkStringArray*,vtkCollection*)"


class ViewSwitch:
    """Shows a node in the views of the application.

    Where the present layout has no view of the right kind, the layout with slices, plot and table is set, and the
    next call of `goBack` brings the earlier one back.

    Parameters
    ----------
    layoutManager : ``slicer.app.layoutManager()``; None when there is no main window
    application : ``slicer.app.applicationLogic()``
    scene : a ``vtkMRMLScene``
    """

    def __init__(self, layoutManager: Any, application: Any, scene: Any) -> None:
        self._layouts, self._application, self._scene = layoutManager, application, scene
        self._earlier: int | None = None
        self._listener: Callable[[Any, Any], None] | None = None
        self._heard: list[Any] = []

    @property
    def switched(self) -> bool:
        """True while a layout of this class's choice is shown."""
        return self._earlier is not None

    def showTable(self, node: Any) -> None:
        """Show a table node."""
        self._application.GetSelectionNode().SetActiveTableID(node.GetID())
        self._makeRoom(TABLE_VIEW)
        self._application.PropagateTableSelection()

    def showPlot(self, node: Any) -> None:
        """Show a plot chart node."""
        self._application.GetSelectionNode().SetActivePlotChartID(node.GetID())
        self._makeRoom(PLOT_VIEW)
        self._application.PropagatePlotChartSelection()
        self._listen()

    def whenPointsSelected(self, listener: Callable[[Any, Any], None] | None) -> None:
        """From the next plot on, call ``listener`` with what ``qMRMLPlotView``'s ``dataSelected`` tells of selected
        points, and let the left mouse button select; None ends it.
        """
        for view in self._heard:
            view.disconnect(SELECTED, self._listener)
        self._heard, self._listener = [], listener

    def _listen(self) -> None:
        if self._layouts is None or self._listener is None:
            return
        for place in range(self._layouts.plotViewCount):
            widget = self._layouts.plotWidget(place)
            view, node = widget.plotView(), widget.mrmlPlotViewNode()
            if view not in self._heard:
                view.connect(SELECTED, self._listener)
                self._heard.append(view)
                node.SetInteractionMode(node.InteractionModeSelectPoints)

    def goBack(self) -> None:
        """Bring the layout back that was there before, unless the user has chosen another one meanwhile."""
        if self._layouts is not None and self._earlier is not None and self._layouts.layout == self._ours():
            self._layouts.setLayout(self._earlier)
        self._earlier = None

    def _makeRoom(self, viewClass: str) -> None:
        if self._layouts is None or self._hasView(viewClass) or self._layouts.layout == self._ours():
            return
        self._earlier = self._layouts.layout
        self._layouts.setLayout(self._ours())

    def _hasView(self, viewClass: str) -> bool:
        """Whether a view of the kind is part of the present layout."""
        nodes = [
            self._scene.GetNthNodeByClass(i, viewClass) for i in range(self._scene.GetNumberOfNodesByClass(viewClass))
        ]
        return any(node.IsMappedInLayout() for node in nodes)

    def _ours(self) -> int:
        import slicer

        return slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpPlotTableView
