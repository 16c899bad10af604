"""What made-up labels show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Structure:
    """A structure, or a class, that the labels show: its value, name, ``#rrggbb`` colour and terminology entry."""

    value: int
    name: str
    color: str
    terminology: str
