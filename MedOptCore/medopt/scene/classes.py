"""What a segment needs to know of a class of the project: value, name, colour, terminology."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from medopt.errors import MedOptError


class SegmentClass(Protocol):
    """A class of the project, as `medopt.project.ClassInfo` is; any object with these four values will do."""

    @property
    def value(self) -> int:
        """Its value in a label map, at least 1."""

    @property
    def name(self) -> str:
        """Its name, which the segment carries."""

    @property
    def color(self) -> str:
        """``"#rrggbb"``."""

    @property
    def terminology(self) -> str:
        """Slicer's serialised terminology entry, or "" for none."""


def rgb(color: str) -> tuple[float, float, float]:
    """Red, green and blue from 0 to 1 of ``"#rrggbb"``; MedOptError for anything else."""
    match = re.fullmatch(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", color)
    if match is None:
        raise MedOptError("not a colour", expected='"#rrggbb"', found=repr(color))
    red, green, blue = (int(part, 16) / 255 for part in match.groups())
    return red, green, blue


def check_values(values: Iterable[int], classes: Sequence[SegmentClass]) -> None:
    """MedOptError when label values other than 0 lie outside the classes of the project."""
    declared = {item.value for item in classes}
    unknown = sorted({int(value) for value in values} - declared - {0})
    if unknown:
        raise MedOptError(
            "the label holds values that are no class of the project",
            expected=", ".join(f"{item.value} ({item.name})" for item in classes) or "background only",
            found=", ".join(map(str, unknown)),
            remedy="Correct the label, or add the class to project.yaml",
        )
