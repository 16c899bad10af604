"""What a tracker is told: numbers and settings, never names of cases, paths or messages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PLACES = frozenset({"step", "epoch", "minutes"})
"""Fields of a metric event that say when, not what."""


@dataclass(frozen=True)
class TrackerFacts:
    """The training that is followed.

    Parameters
    ----------
    run : its name
    folder : of the run; a tracker on this computer writes into it
    project : name of the project
    settings : of the recipe, as plain values
    """

    run: str
    folder: Path
    project: str
    settings: Mapping[str, Any] = field(default_factory=dict)


def scalars(fields: Mapping[str, Any]) -> dict[str, float]:
    """The finite numbers of a metric event by name, those by class as "name/class"; all else is left out."""
    return {
        name: float(value)
        for name, value in _flat(fields, "/")
        if name not in PLACES
        and isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
    }


def parameters(settings: Mapping[str, Any]) -> dict[str, str]:
    """Settings by their dotted names, in words; lists as one value."""
    return {name: str(value) for name, value in _flat(settings, ".") if value is not None}


def _flat(values: Mapping[str, Any], between: str, before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, between, f"{before}{key}{between}")
        else:
            yield f"{before}{key}", value.item() if hasattr(value, "item") else value
