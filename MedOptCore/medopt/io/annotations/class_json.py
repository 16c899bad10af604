"""Classes of images in JSON: one file for all, or MedOpt's own ``.class.json`` files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.files import read_json
from medopt.io.annotations.sheet import ClassSheet, ImageClasses
from medopt.io.annotations.tables import CLASS, IMAGE
from medopt.io.class_labels import SUFFIX, read_class_file
from medopt.io.payload import damaged


def read_class_json(path: str | Path) -> ClassSheet:
    """The classes of images in a JSON file, or in the ``.class.json`` files below a folder.

    A file is an object from image to class, to a list of classes, or to an object of class to true, false or null (not
    judged); or a list of objects with an image and a class under the names that tables use. Raises MedOptError for
    other content, and for a folder without such files.
    """
    path = Path(path)
    if path.is_dir():
        return _folder(path)
    value = read_json(path)
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list) and all(isinstance(one, dict) for one in value):
        pairs = [(_first(one, IMAGE, path), _first(one, CLASS, path)) for one in value]
    else:
        raise damaged(path, "an object from image to class, or a list of objects", "other JSON")
    entries: dict[str, ImageClasses | MedOptError] = {str(image): _classes(told, path) for image, told in pairs}
    return ClassSheet(entries, _names(entries))


def _folder(folder: Path) -> ClassSheet:
    files = sorted(folder.rglob(f"*{SUFFIX}"))
    if not files:
        raise MedOptError("no annotations", where=folder, expected=f"files that end in {SUFFIX}, or a table")
    entries: dict[str, ImageClasses | MedOptError] = {}
    unjudged: dict[str, set[str]] = {}
    for file in files:
        key = file.relative_to(folder).as_posix()[: -len(SUFFIX)]
        try:
            found = read_class_file(file)
            entries[key] = ImageClasses(tuple(one.name for one in found.present))
            unjudged[key] = {one.name for one in found.unjudged}
        except MedOptError as error:
            entries[key] = error
    every = set(_names(entries)) | {name for names in unjudged.values() for name in names}
    for key, names in unjudged.items():
        one = entries[key]
        if names and isinstance(one, ImageClasses):
            entries[key] = ImageClasses(one.present, tuple(sorted(every - names - set(one.present))))
    return ClassSheet(entries, _names(entries))


def _first(value: Mapping[str, Any], names: tuple[str, ...], path: Path) -> Any:
    known = {str(key).strip().lower(): one for key, one in value.items()}
    for name in names:
        if name in known:
            return known[name]
    raise damaged(path, f"objects with a field {', '.join(names[:3])}", ", ".join(known)[:100])


def _classes(told: Any, path: Path) -> ImageClasses:
    if isinstance(told, dict):
        if not all(state in (True, False, None) for state in told.values()):
            raise damaged(path, "true, false or null for each class", "other values")
        present = tuple(str(name) for name, state in told.items() if state)
        return ImageClasses(present, tuple(str(n) for n, state in told.items() if state is not None and not state))
    names = told if isinstance(told, list) else [told]
    if not all(isinstance(name, (str, int)) for name in names):
        raise damaged(path, "a class or a list of classes for each image", "other JSON")
    return ImageClasses(tuple(str(name) for name in names))


def _names(entries: Mapping[str, ImageClasses | MedOptError]) -> tuple[str, ...]:
    told = [one for one in entries.values() if isinstance(one, ImageClasses)]
    return tuple(sorted({name for one in told for name in (*one.present, *(one.absent or ()))}))
