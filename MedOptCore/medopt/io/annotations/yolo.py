"""YOLO: one text file an image, a line a box, in shares of the image's width and height."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.io.annotations.sheet import BoxSheet, ImageBoxes, ShareBox, names_of
from medopt.io.payload import damaged
from medopt.settings import read_yaml

NAMES = ("classes.txt", "obj.names")


def read_yolo(folder: str | Path) -> BoxSheet:
    """The boxes of the text files below a folder: ``class centre-x centre-y width height``, a confidence may follow.

    Names of the classes come from ``classes.txt``, ``obj.names`` or the ``names`` of a ``data.yaml``, in the folder or
    above it; without one the numbers count the project's classes from 0. An empty file says that nothing is to be seen.

    A file that cannot be read is an error of its own image. Raises MedOptError when there is none.
    """
    folder = Path(folder)
    names = _names(folder)
    files = [file for file in sorted(folder.rglob("*.txt")) if file.name not in NAMES]
    if not files:
        raise MedOptError("no annotations", where=folder, expected="YOLO files that end in .txt")
    entries: dict[str, ImageBoxes | MedOptError] = {}
    for file in files:
        key = file.relative_to(folder).with_suffix("").as_posix()
        try:
            entries[key] = _image(file, names)
        except MedOptError as error:
            entries[key] = error
    return BoxSheet(entries, names_of(entries), tuple(names) or None)


def _image(path: Path, names: list[str]) -> ImageBoxes:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise damaged(path, "lines of text", "other data") from None
    boxes = []
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words:
            continue
        try:
            if len(words) not in (5, 6):
                raise ValueError
            index, (x, y, width, height) = int(words[0]), (float(word) for word in words[1:5])
            if index < 0 or (names and index >= len(names)):
                raise ValueError
        except ValueError:
            expected = "a class number below the number of names and four shares of width and height"
            raise damaged(path, expected, f"something else in line {number}") from None
        name = names[index] if names else f"#{index}"
        boxes.append(ShareBox(name, x - width / 2, y - height / 2, x + width / 2, y + height / 2))
    return ImageBoxes(tuple(boxes))


def _names(folder: Path) -> list[str]:
    for place in (folder, folder.parent):
        for name in NAMES:
            path = place / name
            if path.is_file():
                return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        for path in (place / "data.yaml", place / "data.yml"):
            if path.is_file():
                return _from_yaml(path)
    return []


def _from_yaml(path: Path) -> list[str]:
    value: Any = read_yaml(path)
    names = value.get("names") if isinstance(value, dict) else None
    if isinstance(names, dict):
        names = [names[key] for key in sorted(names)]
    if not isinstance(names, list):
        raise damaged(path, "a list 'names'", "none")
    return [str(name) for name in names]
