"""What is seen in a slice view while something is drawn: the line, and the circle of the brush."""

from __future__ import annotations

from typing import Any

import numpy as np
import vtk
from numpy.typing import ArrayLike, NDArray

BELONGS, NOT = (0.2, 0.9, 0.3), (1.0, 0.35, 0.25)
"""Colours of lines that say "this is the structure", and "this is not"."""
CIRCLE = 48
"""Points of the brush's circle."""


class SliceFeedback:
    """A line and a circle on top of one slice view, kept in place when the view moves; ``actors`` go into the view.

    Parameters
    ----------
    sliceNode : the ``vtkMRMLSliceNode`` of the view
    """

    def __init__(self, sliceNode: Any) -> None:
        self._node = sliceNode
        self._line, self._circle = _Polyline(), _Polyline()
        self._ras = np.zeros((0, 3))
        self.actors = (self._line.actor, self._circle.actor)

    def axes(self) -> NDArray[np.float64]:
        """3×3, rows are unit RAS vectors: right and up in the view, and what it looks along."""
        matrix = self._node.GetSliceToRAS()
        columns = np.array([[matrix.GetElement(row, column) for row in range(3)] for column in range(3)])
        return columns / np.linalg.norm(columns, axis=1, keepdims=True)

    def showLine(self, points: ArrayLike, *, belongs: bool) -> None:
        """Show a line through (n, 3) RAS points; none hides it."""
        self._ras = np.asarray(points, float).reshape(-1, 3)
        self._line.colour(BELONGS if belongs else NOT)
        self.follow()

    def showCircle(self, centre: ArrayLike | None, radius: float, *, belongs: bool) -> None:
        """Show a circle of ``radius`` mm around a RAS point; None hides it."""
        self._circle.colour(BELONGS if belongs else NOT)
        if centre is None:
            self._circle.show(np.zeros((0, 2)))
            return
        right, up, _normal = self.axes()
        angle = np.linspace(0, 2 * np.pi, CIRCLE + 1)[:, np.newaxis]
        self._circle.show(
            self._to_xy(np.asarray(centre, float) + radius * (np.cos(angle) * right + np.sin(angle) * up))
        )

    def follow(self) -> None:
        """The view was moved or zoomed: the line stays where it is in the patient."""
        self._line.show(self._to_xy(self._ras))

    def _to_xy(self, ras: NDArray) -> NDArray[np.float64]:
        matrix = vtk.vtkMatrix4x4()
        matrix.DeepCopy(self._node.GetXYToRAS())
        matrix.Invert()
        inverse = np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
        return np.asarray(ras @ inverse[:2, :3].T + inverse[:2, 3])


class _Polyline:
    """An actor that shows a line through points of the view."""

    def __init__(self) -> None:
        self._data = vtk.vtkPolyData()
        mapper = vtk.vtkPolyDataMapper2D()
        mapper.SetInputData(self._data)
        self.actor = vtk.vtkActor2D()
        self.actor.SetMapper(mapper)
        self.actor.GetProperty().SetLineWidth(2)
        self.actor.GetProperty().SetPointSize(5)
        self.actor.SetVisibility(False)

    def colour(self, rgb: tuple[float, float, float]) -> None:
        self.actor.GetProperty().SetColor(*rgb)

    def show(self, xy: NDArray) -> None:
        points, cells = vtk.vtkPoints(), vtk.vtkCellArray()
        for x, y in xy:
            points.InsertNextPoint(float(x), float(y), 0.0)
        cells.InsertNextCell(len(xy))
        for number in range(len(xy)):
            cells.InsertCellPoint(number)
        self._data.Initialize()
        self._data.SetPoints(points)
        if len(xy) == 1:
            self._data.SetVerts(cells)
        elif len(xy) > 1:
            self._data.SetLines(cells)
        self.actor.SetVisibility(len(xy) > 0)
