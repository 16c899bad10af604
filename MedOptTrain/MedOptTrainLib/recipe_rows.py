"""A recipe as rows of field, value and reason, and back; the recipe itself is checked by the worker."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _

MEANINGS = {
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
"""What a field means, by the last part of its name: shown where no advice says why."""

USUAL_RULES = ("default", "format")
"""Rules of values that no look at the data decides."""


@dataclass(frozen=True)
class RecipeRow:
    """One field: its dotted name (items of lists counted from 0), its value as text, why, the figures and the source
    behind it, and whether it is not as proposed. ``reason`` is the field that the reason speaks for, and ``usual`` says
    that no look at the data decides the value.
    """

    field: str
    value: str
    why: str
    tip: str = ""
    changed: bool = False
    reason: str = ""
    usual: bool = False


def rows(values: dict[str, Any], advice: Any = None) -> list[RecipeRow]:
    """Every field of ``values`` with the reason that an ``Advice`` has for it; where it differs, the reason first says
    what was proposed. Fields that were proposed and are left out stand at the end.
    """
    from medopt.training.advice import differences

    others = {} if advice is None else {one.field: one for one in differences(advice, values)}
    found = []
    for field, value in leaves(values):
        other = _around(field, others)
        proposed = None if other is None else other.advised if other.field == field else ...
        found.append(_row(field, text(value), advice, proposed, changed=other is not None))
    there = {row.field for row in found}
    for other in others.values():
        if other.chosen is None and not any(f == other.field or f.startswith(other.field + ".") for f in there):
            found.append(_row(other.field, _("left out"), advice, other.advised, changed=True))
    return found


def _row(field: str, value: str, advice: Any, proposed: Any, *, changed: bool) -> RecipeRow:
    reason = None if advice is None else advice.reason(field)
    why = MEANINGS.get(field.rsplit(".", 1)[-1], "") if reason is None else reason.why
    tip = "" if reason is None else reasonTip(reason)
    if changed:
        was = _("nothing") if proposed in (None, ...) else text(proposed)
        told = _("● changed; proposed: {value}").format(value=was)
        why = f"{told} · {why}" if why else told
    if reason is None:
        return RecipeRow(field, value, why, tip, changed)
    return RecipeRow(field, value, why, tip, changed, reason.field, reason.rule in USUAL_RULES)


def decided(found: Sequence[RecipeRow]) -> list[RecipeRow]:
    """Rows that are not as proposed, and of the others the first for each reason that the data decided."""
    kept, told = [], set()
    for row in found:
        fresh = bool(row.reason) and not row.usual and row.reason not in told
        if fresh or row.changed:
            kept.append(row)
            told.add(row.reason)
    return kept


def reasonTip(reason: Any) -> str:
    """The figures behind a reason and where its rule comes from, a line each."""
    lines = [reason.why, *(f"{name.replace('_', ' ')}: {value}" for name, value in reason.figures.items())]
    return "\n".join([*lines, _("Source: {source}").format(source=reason.source)])


def _around(field: str, others: Mapping[str, Any]) -> Any:
    """The difference that holds for a field: its own, or that of a part that holds it."""
    parts = field.split(".")
    for count in range(len(parts), 0, -1):
        found = others.get(".".join(parts[:count]))
        if found is not None:
            return found
    return None


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
    copy = _copy(values)
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


def reverted(values: dict[str, Any], proposal: Mapping[str, Any], field: str) -> dict[str, Any]:
    """A copy of ``values`` with ``field`` as proposed. Where the recipe has another kind of step, technique or network
    there, or a list of another length, the whole part goes back, since its fields belong together.
    """
    copy, advised = _copy(values), _copy(dict(proposal))
    place, other, parts = copy, advised, field.split(".")
    for depth, part in enumerate(parts):
        key: Any = int(part) if isinstance(place, list) else part
        inner, wanted = _at(place, key), _at(other, key)
        if depth == len(parts) - 1 or inner is ... or wanted is ... or not _alike(inner, wanted):
            if wanted is ...:
                place.pop(key, None)
            else:
                place[key] = wanted
            break
        place, other = inner, wanted
    if field in ("training.steps", "training.minutes"):
        copy["training"].update({name: advised["training"].get(name) for name in ("steps", "minutes")})
    return copy


def _alike(one: Any, other: Any) -> bool:
    """Whether a part may go back field by field."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(one.get(name) == other.get(name) for name in ("step", "technique", "name"))
    return isinstance(one, list) and isinstance(other, list) and len(one) == len(other)


def _at(place: Any, key: Any) -> Any:
    """What stands there; … for nothing."""
    if isinstance(place, list):
        return place[key] if 0 <= key < len(place) else ...
    return place.get(key, ...) if isinstance(place, dict) else ...


def _copy(values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(values)))


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted name, value) of everything that holds no further fields."""
    if isinstance(value, dict) and value:
        items: Any = value.items()
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        items = enumerate(value)
    else:
        yield name, value
        return
    for key, item in items:
        yield from leaves(item, f"{name}.{key}" if name else str(key))
