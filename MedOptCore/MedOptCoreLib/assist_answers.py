"""Which function of the library answers which way of drawing."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from medopt.errors import MedOptError
from MedOptCoreLib.assist_modes import Mode
from MedOptCoreLib.assist_task import AssistTask
from MedOptCoreLib.i18n import _

LIBRARY = "medopt.labelling.assist"
FUNCTIONS = {
    Mode.BOX: "box",
    Mode.LASSO: "lasso",
    Mode.BRUSH: "smart_brush",
    Mode.GROW: "grow_2d",
    Mode.CUT: "magic_cut",
}
"""Function of the library that answers each mode; it takes the task and gives a Patch."""


def medoptAnswer(mode: Mode, task: AssistTask) -> Any:
    """The Patch that answers ``task``, in its own indices; MedOptError when what was drawn has no answer."""
    if mode is Mode.OVAL:
        return oval(task)
    library = importlib.import_module(LIBRARY)
    answer = getattr(library, FUNCTIONS.get(mode, "Assistant"), None)
    if not callable(answer):
        raise MedOptError(_("this way of drawing has no answer yet"), remedy=_("Use Slicer's own tools"))
    if mode is not Mode.STROKES:
        return answer(task)
    strokes = library.Strokes(task.positive, task.negative)
    assistant = answer(task.image, task.spacing, task.probability)
    return assistant.refine(task.current, strokes, region=None, allowed=task.allowed)


def oval(task: AssistTask) -> Any:
    """The ellipse in the rectangle that was dragged in a slice: filled, or taken away."""
    from medopt.labelling.assist.patch import Patch

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
    return Patch.between(task.current, task.current | inside if task.belongs else task.current & ~inside)
