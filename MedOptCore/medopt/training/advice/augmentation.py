"""Which augmentation: a preset by the number of cases, and mirroring only where it keeps the patient possible."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from medopt.augment import AugmentSettings
from medopt.augment.flip import Flip
from medopt.augment.registry import PresetName
from medopt.image import Geometry
from medopt.project import ClassInfo
from medopt.training.advice.records import Figure, Reason

SIDES = frozenset({"left", "right", "l", "r", "lt", "rt", "sinister", "dexter"})
"""Words in a class's name that say which side it is on."""
FEW_SUBJECTS = 20
"""Below it the strong preset, given time."""
LONG_MINUTES = 30.0
"""Minutes that the strong preset needs to pay."""
LONG_STEPS = 3000
"""Steps that stand for LONG_MINUTES where a training counts steps."""
MANY_CASES = 1000
"""From it on the light preset."""


def choose_augmentation(
    grids: Sequence[Geometry],
    classes: Sequence[ClassInfo],
    finest: float,
    *,
    subjects: int,
    minutes: float | None,
    steps: int | None,
) -> tuple[AugmentSettings, list[Reason]]:
    """The techniques for training cases on ``grids``; ``finest`` is the finest voxel side in mm after preprocessing."""
    figures: dict[str, Figure] = {"cases": len(grids), "subjects": subjects, "finest_voxel_mm": round(finest, 4)}
    long = (minutes or 0) >= LONG_MINUTES or (steps or 0) >= LONG_STEPS
    preset: PresetName = "standard"
    if len(grids) >= MANY_CASES:
        preset = "light"
        why = f"The light preset: {len(grids)} training cases show most variation by themselves."
    elif subjects < FEW_SUBJECTS and long:
        preset = "strong"
        why = f"The strong preset: {subjects} subjects are few, and there is time to see each of them in many ways."
    else:
        why = f"The standard preset for {len(grids)} cases of {subjects} subjects."
    settings = propose_augmentation(grids, classes, finest, preset)
    names = [t.technique for t in settings.techniques]
    reasons = [Reason("augment", {"preset": preset, "techniques": names}, why, figures, f"augment.{preset}")]
    flips = [n for n, t in enumerate(settings.techniques) if isinstance(t, Flip)]
    field = f"augment.techniques.{flips[0]}.axes" if flips else "augment.techniques"
    reasons.append(_flip_reason(field, settings, grids, classes, preset))
    return settings, reasons


def propose_augmentation(
    grids: Sequence[Geometry], classes: Sequence[ClassInfo], finest: float, preset: PresetName = "standard"
) -> AugmentSettings:
    """A preset, mirrored only from left to right, and not at all where a class names its side.

    Up and down, front and back look different in a patient; left and right mostly do not. A mirrored axis is an array
    axis, so it is taken only when the same one runs from left to right in every image. ``finest`` is the finest voxel
    side in mm.
    """
    settings = AugmentSettings.preset(preset, voxel=finest)
    across = _across(grids)
    axes = () if _sided(classes) or len(across) != 1 else ("kji"[across.pop()],)
    rest = tuple(t for t in settings.techniques if not isinstance(t, Flip))
    flips = tuple(t.model_copy(update={"axes": axes}) for t in settings.techniques if isinstance(t, Flip) and axes)
    return settings.model_copy(update={"techniques": (*flips, *rest)})


def _sided(classes: Sequence[ClassInfo]) -> list[str]:
    """Classes whose name says a side."""
    return [info.name for info in classes if SIDES & set(re.split(r"[^a-z]+", info.name.lower()))]


def _across(grids: Sequence[Geometry]) -> set[int]:
    """Array axes that run from left to right."""
    return {int(np.abs(np.asarray(grid.direction)[0]).argmax()) for grid in grids}


def _flip_reason(
    field: str, settings: AugmentSettings, grids: Sequence[Geometry], classes: Sequence[ClassInfo], preset: str
) -> Reason:
    axes = [axis for t in settings.techniques if isinstance(t, Flip) for axis in t.axes]
    across = sorted("kji"[axis] for axis in _across(grids))
    figures: dict[str, Figure] = {"left_to_right_axes": ", ".join(across)}
    if sided := _sided(classes):
        why = f"No mirroring: the class '{sided[0]}' names its side."
        figures["sided_classes"] = len(sided)
    elif axes:
        why = f"Mirrored along {axes[0]}, which runs from left to right in every image; no class names its side."
    elif preset == "light":
        why = "No mirroring in the light preset."
    else:
        why = f"No mirroring: left to right runs along {' and '.join(across)} in different images."
    value = axes if axes else [t.technique for t in settings.techniques]
    return Reason(field, value, why, figures, "augment.flip")
