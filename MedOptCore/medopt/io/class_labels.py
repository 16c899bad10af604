"""Read and write the classes of a whole image as a small JSON file, by name and value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.files import read_json, write_json
from medopt.io.payload import damaged

SUFFIX = ".class.json"
FORMAT = 1
"""The version of the file that this MedOpt writes; it reads this one and older ones."""


@dataclass(frozen=True)
class NamedClass:
    """A class by its value in project.yaml and its name; the name counts."""

    value: int
    name: str


@dataclass(frozen=True)
class ClassFile:
    """The classes that an image shows, and those that nobody judged; all others are absent."""

    present: tuple[NamedClass, ...]
    unjudged: tuple[NamedClass, ...] = ()


def read_class_file(path: str | Path) -> ClassFile:
    """The classes in a ``.class.json``; MedOptError that names it when it is damaged or of a newer version."""
    path = Path(path)
    value = read_json(path)
    version = value.get("format") if isinstance(value, dict) else None
    if not isinstance(version, int):
        raise damaged(path, "a class label with a format", "none")
    if version > FORMAT:
        raise MedOptError(
            "the class label was made by a newer MedOpt",
            where=path,
            expected=f"format {FORMAT} or lower",
            found=f"format {version}",
            remedy="Update MedOpt; nothing was changed",
        )
    return ClassFile(_classes(value, "present", path), _classes(value, "unjudged", path))


def write_class_file(label: ClassFile, path: str | Path) -> None:
    """Write a ``.class.json``; atomically."""
    value = {
        "format": FORMAT,
        "present": [_entry(one) for one in label.present],
        "unjudged": [_entry(one) for one in label.unjudged],
    }
    write_json(path, value)


def _entry(one: NamedClass) -> dict[str, Any]:
    return {"value": one.value, "name": one.name}


def _classes(value: dict[str, Any], key: str, path: Path) -> tuple[NamedClass, ...]:
    entries: Sequence[Any] = value.get(key, []) if isinstance(value.get(key, []), list) else [None]
    result = []
    for entry in entries:
        try:
            result.append(NamedClass(int(entry["value"]), str(entry["name"])))
        except (KeyError, TypeError, ValueError):
            raise damaged(path, f"classes with value and name at '{key}'", "other data") from None
    return tuple(result)
