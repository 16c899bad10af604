"""A recipe as rows of field, value and reason, and back; the recipe itself is checked by the worker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _

REASONS = {
    "spacing": _("median spacing of the labelled cases, in mm along (k, j, i)"),
    "patch": _("median size of the cases at that spacing, a multiple of the product of network.strides"),
    "strides": _("an axis is halved while its voxels are finer than twice the finest axis and 8 of them are left"),
    "features": _("feature maps of each stage, from full resolution down"),
    "method": _("brings the intensities of all scanners to one scale"),
    "axes": _("the axis from left to right, where no class names its side"),
    "minutes": _("the learning rate falls to zero exactly at this time"),
    "steps": _("optimiser steps in all; instead of minutes"),
    "batch_size": _("patches a step"),
    "learning_rate": _("highest learning rate, reached after the warm-up"),
    "foreground_share": _("share of patches centred on a structure, each structure equally often"),
    "precision": _("auto measures which is faster on this computer"),
    "ema": _("the moving average of the weights is what is validated and exported"),
    "overlap": _("share of a window that its neighbour covers again"),
    "seed": _("every random draw comes from it"),
}
"""Why the proposal says so, or what the field means, by the last part of the field's name."""


@dataclass(frozen=True)
class RecipeRow:
    """One field: its dotted name (items of lists counted from 0), its value as text, and why."""

    field: str
    value: str
    why: str


def rows(values: dict[str, Any], proposal: dict[str, Any] | None) -> list[RecipeRow]:
    """Every field of ``values``; where it differs from ``proposal``, the reason says what was proposed."""
    proposed = {} if proposal is None else dict(_leaves(proposal))
    found = []
    for field, value in _leaves(values):
        why = REASONS.get(field.rsplit(".", 1)[-1], "")
        if proposal is not None and proposed.get(field, ...) != value:
            was = text(proposed[field]) if field in proposed else _("nothing")
            why = _("● changed; proposed: {value}").format(value=was)
        found.append(RecipeRow(field, text(value), why))
    return found


def text(value: Any) -> str:
    """A value as YAML on one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def changed(values: dict[str, Any], field: str, value: str) -> dict[str, Any]:
    """A copy of ``values`` with another value of ``field``, written as YAML.

    ``training.steps`` and ``training.minutes`` exclude each other: setting one clears the other. MedOptError for
    text that is no YAML and for an unknown field.
    """
    import yaml

    try:
        content = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise MedOptError(
            _("the value cannot be read"), where=field, expected=_("YAML, such as 4 or [32, 32, 32]"), found=value
        ) from error
    copy = json.loads(json.dumps(values))
    *path, last = field.split(".")
    place: Any = copy
    try:
        for part in path:
            place = place[int(part)] if isinstance(place, list) else place[part]
        key: Any = int(last) if isinstance(place, list) else last
        place[key]  # an unknown name is an error, not a new field
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise MedOptError(_("the recipe has no such field"), where=field) from error
    place[key] = content
    other = {"training.steps": "minutes", "training.minutes": "steps"}.get(field)
    if other is not None and content is not None:
        copy["training"][other] = None
    return copy


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted name, value) of everything that holds no further fields."""
    if isinstance(value, dict) and value:
        items: Any = value.items()
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        items = enumerate(value)
    else:
        yield name, value
        return
    for key, item in items:
        yield from _leaves(item, f"{name}.{key}" if name else str(key))
