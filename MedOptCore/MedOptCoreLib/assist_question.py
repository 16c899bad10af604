"""What was drawn in a slice view as a question about a part of the image, as large as is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from MedOptCoreLib.assist_modes import GESTURES, Mode
from MedOptCoreLib.assist_region import region_around, region_in_slice
from MedOptCoreLib.assist_task import AssistTask
from MedOptCoreLib.edit_target import EditTarget
from MedOptCoreLib.stroke_book import StrokeBook, as_voxels


@dataclass(frozen=True, eq=False)
class Drawn:
    """A line in a slice view.

    Parameters
    ----------
    points : (n, 3) RAS mm
    axes : 3×3, rows are unit RAS vectors: right and up in the view, and what it looks along
    belongs : whether it says "this is the structure", or "this is not"
    """

    points: NDArray[np.float64]
    axes: NDArray[np.float64]
    belongs: bool

    def traced(self, mode: Mode) -> NDArray[np.float64]:
        """(n, 3) points of the line, or the corners of the rectangle that was dragged."""
        if GESTURES[mode].rectangle and len(self.points) > 1:
            return corners(self.points[0], self.points[-1], self.axes)
        return self.points


class Question:
    """Parameters
    ----------
    target : the segment in hand
    drawn : the new line
    mode : how it was drawn
    sliceOnly : whether only this slice may change, where the mode would work in 3D
    radius : mm, of the brush
    """

    def __init__(self, target: EditTarget, drawn: Drawn, mode: Mode, *, sliceOnly: bool, radius: float) -> None:
        from medopt.scene.segment_voxels import voxels_of_line

        self._target, self._drawn, self._radius = target, drawn, radius
        self.geometry = target.geometry()
        self.planar = sliceOnly or GESTURES[mode].planar
        self._line = drawn.traced(mode)
        self.voxels = voxels_of_line(self.geometry, self._line)

    @property
    def _axis(self) -> int:
        from medopt.scene.segment_voxels import slice_axis

        return slice_axis(self.geometry, self._drawn.axes[2])

    @property
    def whole(self) -> Any:
        """The box of the whole image."""
        from medopt.labelling.assist.patch import Box3

        return Box3.whole(self.geometry.shape)

    def region(self, factor: float) -> Any:
        """The part of the image that the line concerns; in 3D it reaches ``factor`` times as far as usual."""
        if self.planar:
            return region_in_slice(self.voxels, self._axis, self.geometry.shape)
        return region_around(self.voxels, self.geometry, factor)

    def task(self, box: Any, known: Any, book: StrokeBook) -> AssistTask:
        """The question about the part ``box``, with what a model has said and the strokes so far."""
        from medopt.scene.segment_voxels import index_of_points

        target, belongs = self._target, self._drawn.belongs
        current = target.segment(box.start, box.shape)
        positive, negative = (_within(found, box) for found in book.strokes())
        positive = positive[current[tuple(positive.T)]]  # what another tool has changed since counts no more
        negative = negative[~current[tuple(negative.T)]]
        new = _within(self.voxels, box)
        positive, negative = (_without(found, new) for found in (positive, negative))
        if belongs:
            positive = np.concatenate([positive, new])
        else:
            negative = np.concatenate([negative, new])
        return AssistTask(
            corner=box.start,
            spacing=self.geometry.spacing,
            image=target.image(box.start, box.shape)[np.newaxis],
            current=current,
            probability=known.part(box.start, box.shape),
            allowed=target.allowed(box.start, box.shape),
            positive=positive,
            negative=negative,
            line=new,
            points=index_of_points(self.geometry, self._line) - np.asarray(box.start),
            axis=self._axis,
            belongs=belongs,
            radius=self._radius,
        )


def corners(first: NDArray, last: NDArray, axes: NDArray) -> NDArray[np.float64]:
    """(4, 3) corners of a rectangle in a view, of which two opposite ones are given."""
    right = axes[0] * ((last - first) @ axes[0])
    return np.stack([first, first + right, last, last - right])


def _within(voxels: NDArray[np.intp], box: Any) -> NDArray[np.intp]:
    """Those of (n, 3) voxels that lie in the box, as indices of the box."""
    inside = ((voxels >= box.start) & (voxels < box.stop)).all(axis=1)
    return as_voxels(voxels[inside] - np.asarray(box.start))


def _without(voxels: NDArray[np.intp], others: NDArray[np.intp]) -> NDArray[np.intp]:
    gone = set(map(tuple, others.tolist()))
    return as_voxels([voxel for voxel in voxels.tolist() if tuple(voxel) not in gone])
