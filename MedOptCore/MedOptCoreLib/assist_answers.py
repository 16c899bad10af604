"""Which function of the library answers which way of drawing."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from MedOptCoreLib.assist_modes import Mode
from MedOptCoreLib.assist_task import AssistTask

LIBRARY = "medopt.labelling.assist"


def medoptAnswer(mode: Mode, task: AssistTask) -> Any:
    """The Patch that answers ``task``, in its own indices; MedOptError when what was drawn has no answer."""
    return ANSWERS[mode](importlib.import_module(LIBRARY), task)


def strokes(library: Any, task: AssistTask) -> Any:
    """All clicks and scribbles so far."""
    drawn = library.Strokes(task.positive, task.negative)
    assistant = library.Assistant(task.image, task.spacing, task.probability)
    return assistant.refine(task.current, drawn, region=None, allowed=task.allowed)


def box(library: Any, task: AssistTask) -> Any:
    """The object in the rectangle that was dragged."""
    return library.box(_piece(library, task), task.points, belongs=task.belongs)


def lasso(library: Any, task: AssistTask) -> Any:
    """The object within the line that was drawn."""
    return library.lasso(_piece(library, task), task.points, task.axis, belongs=task.belongs)


def brush(library: Any, task: AssistTask) -> Any:
    """The tissue under the brush."""
    return library.smart_brush(_piece(library, task), task.line, task.radius, belongs=task.belongs)


def grow(library: Any, task: AssistTask) -> Any:
    """The uniform region around the click."""
    return library.grow_2d(_piece(library, task), task.line, belongs=task.belongs)


def cut(library: Any, task: AssistTask) -> Any:
    """The segment without its smaller part beyond the line; a cut never adds."""
    return library.magic_cut(_piece(library, task), task.line, task.axis)


def _piece(library: Any, task: AssistTask) -> Any:
    return library.Piece(task.image, task.spacing, task.current, task.probability, task.allowed)


def oval(library: Any, task: AssistTask) -> Any:
    """The ellipse in the rectangle that was dragged in a slice: filled, or taken away."""
    low, high = task.points.min(axis=0), task.points.max(axis=0)
    squared = np.zeros(task.current.shape)
    for axis in range(3):
        if axis != task.axis:
            radius = max((high[axis] - low[axis]) / 2, 0.5)
            shape = [-1 if other == axis else 1 for other in range(3)]
            place = np.arange(task.current.shape[axis]).reshape(shape)
            squared = squared + ((place - (low[axis] + high[axis]) / 2) / radius) ** 2
    inside = squared <= 1
    if task.allowed is not None:
        inside &= task.allowed
    return library.Patch.between(task.current, task.current | inside if task.belongs else task.current & ~inside)


ANSWERS: dict[Mode, Callable[[Any, AssistTask], Any]] = {
    Mode.STROKES: strokes,
    Mode.BOX: box,
    Mode.OVAL: oval,
    Mode.LASSO: lasso,
    Mode.BRUSH: brush,
    Mode.GROW: grow,
    Mode.CUT: cut,
}
"""What answers each way of drawing, given the library."""
