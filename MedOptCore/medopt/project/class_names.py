"""The classes of a project by their names, as other programs write them."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from medopt.errors import MedOptError
from medopt.project.settings import ProjectSettings

_NUMBERED = re.compile(r"[-_ ]\d+$")


class ClassNames:
    """Looks up class values by name, in any case of letters, or by the value itself written as text."""

    def __init__(self, settings: ProjectSettings) -> None:
        self._classes = settings.classes
        self._values = {_key(info.name): info.value for info in settings.classes}
        self._names = {info.value: info.name for info in settings.classes}

    def name(self, value: int) -> str:
        """The name of a class value of the project."""
        return self._names[value]

    def find(self, text: str, *, numbered: bool = False) -> int | None:
        """The value of a class, None for an unknown name.

        With ``numbered`` a number at the end, as Slicer appends it ("Lesion-1"), may be left away.
        """
        key = _key(text)
        if key in self._values:
            return self._values[key]
        if key.isdecimal() and int(key) in self._names:
            return int(key)
        return self._values.get(_NUMBERED.sub("", key)) if numbered else None

    def value(self, text: str, where: str | Path | None = None, *, numbered: bool = False) -> int:
        """The value of a class as ``find`` gives it; MedOptError with the nearest name for an unknown one."""
        found = self.find(text, numbered=numbered)
        if found is None:
            raise MedOptError(
                f"unknown class '{text[:60]}'",
                where=where,
                expected=", ".join(info.name for info in self._classes) + self.hint(text),
                remedy="Correct the name, or add the class to project.yaml",
            )
        return found

    def hint(self, text: str) -> str:
        """ "; did you mean 'Lesion'?" for a name that is nearly one of the project's, else empty."""
        near = difflib.get_close_matches(_key(text), list(self._values), n=1, cutoff=0.6)
        return f"; did you mean '{self._names[self._values[near[0]]]}'?" if near else ""


def _key(name: str) -> str:
    return " ".join(name.strip().lower().split())
