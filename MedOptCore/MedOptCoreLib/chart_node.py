"""One chart of the scene that a section draws, kept up to date in place."""

from __future__ import annotations

from typing import Any


class ChartNode:
    """Parameters
    ----------
    scene : a ``vtkMRMLScene``
    role : by which the chart is found again; no two sections share one
    """

    def __init__(self, scene: Any, role: str) -> None:
        self._scene, self._role = scene, role

    @property
    def node(self) -> Any:
        """The plot chart node; None where there is none, or the scene was closed."""
        from medopt.scene import marked_nodes

        found = marked_nodes(self._scene, role=self._role)
        return found[0] if found else None

    def show(self, chart: Any, *, logarithmic: bool = False) -> Any:
        """Draw ``chart``; returns its node. ``logarithmic`` is for the x axis."""
        from medopt.scene.plots import plot_from_chart, update_plot

        node = self.node
        if node is None:
            node = plot_from_chart(self._scene, chart, role=self._role)
        else:
            update_plot(self._scene, node, chart)
        node.SetXAxisLogScale(logarithmic)
        return node

    def remove(self) -> None:
        """Take the chart out of the scene."""
        from medopt.scene.plots import remove_plot

        node = self.node
        if node is not None:
            remove_plot(self._scene, node)
