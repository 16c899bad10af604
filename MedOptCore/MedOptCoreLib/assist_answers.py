"""Which function of the library answers which way of drawing."""

from __future__ import annotations

from typing import Any

from MedOptCoreLib.assist_modes import Mode
from MedOptCoreLib.assist_task import AssistTask


def medoptAnswer(mode: Mode, task: AssistTask) -> Any:
    """The Patch that answers ``task``; MedOptError when what was drawn has no answer."""
    from medopt.labelling.assist import Assistant, Strokes

    assistant = Assistant(task.image, task.spacing, task.probability)
    return assistant.refine(task.current, Strokes(task.positive, task.negative), region=None, allowed=task.allowed)
