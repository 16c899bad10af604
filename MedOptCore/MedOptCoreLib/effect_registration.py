"""Makes MedOpt Assist known to Slicer's Segment Editor."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import slicer

NAME = "MedOpt Assist"
"""Under which the Segment Editor finds the effect; never translated."""
FOLDER = "SegmentEditorMedOptLib"
"""Slicer makes a Python module of this name from the effect's file, and keeps the effect under it in ``slicer``."""
SOURCE = Path(__file__).resolve().parents[1] / FOLDER / "SegmentEditorEffect.py"


def registerEffect() -> bool:
    """Register the effect unless it is; True when it is known afterwards. Editors made later offer it."""
    if getattr(slicer, FOLDER, None) is not None:
        return True
    import qSlicerSegmentationsEditorEffectsPythonQt as effects

    instance = effects.qSlicerSegmentEditorScriptedEffect(None)
    instance.setPythonSource(SOURCE.as_posix())
    found = instance.self()
    if found is None:
        return False
    found.register()
    return True


def offerAssist(editor: Any) -> bool:
    """List the effect first in an editor, where Slicer's Segment Editor is complete; whether it is there."""
    try:
        known = registerEffect()
    except ImportError as error:
        logging.getLogger(__name__).warning("MedOpt Assist needs Slicer's Segment Editor: %s", error)
        return False
    if known:
        putFirst(editor)
    return known


def putFirst(editor: Any) -> None:
    """List the effect first in a ``qMRMLSegmentEditorWidget``, Slicer's own after it in their order."""
    editor.setEffectNameOrder([NAME, *(name for name in editor.effectNameOrder() if name != NAME)])
