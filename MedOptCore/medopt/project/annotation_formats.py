"""Which format the annotations of a folder or file are in, by the task of the project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.files import read_json
from medopt.io import class_labels, markups
from medopt.io.annotations import (
    Sheet,
    read_box_table,
    read_class_json,
    read_class_table,
    read_coco,
    read_labelme,
    read_markups_folder,
    read_masks,
    read_voc,
    read_yolo,
)
from medopt.io.annotations.yolo import NAMES as YOLO_NAMES

TABLES = (".csv", ".tsv")
FOLDERS = "folders"
"""Classes told by the names of folders; read from the images' own paths, not from a file."""

Read = Callable[[Path, Sequence[str]], Sheet[Any]]

FORMATS: dict[str, dict[str, Read]] = {
    "segmentation": {},
    "classification": {
        "csv": lambda path, classes: read_class_table(_single(path, TABLES), classes),
        "json": lambda path, classes: read_class_json(path),
    },
    "detection": {
        "voc": lambda path, classes: read_voc(path),
        "coco": lambda path, classes: read_coco(_single(path, (".json",))),
        "labelme": lambda path, classes: read_labelme(path),
        "yolo": lambda path, classes: read_yolo(path),
        "csv": lambda path, classes: read_box_table(_single(path, TABLES)),
        "slicer": lambda path, classes: read_markups_folder(path),
        "masks": lambda path, classes: read_masks(path),
    },
}
"""How annotations are read, by task and by the name that the user may give; class names help to tell columns."""


def format_names(task: str) -> tuple[str, ...]:
    """The formats that a project of this task may name."""
    return (*FORMATS[task], FOLDERS) if task == "classification" else tuple(FORMATS[task])


def read_annotations(path: Path, task: str, classes: Sequence[str], name: str | None = None) -> Sheet[Any]:
    """The annotations at ``path`` in the format of that name, or in the one as which they are recognised.

    Raises MedOptError for an unknown name, when nothing is recognised, and as the format's own reader does.
    """
    if not path.exists():
        raise MedOptError("no such file or folder", where=path, remedy="Check the path")
    if name is not None and name not in FORMATS[task]:
        raise MedOptError(
            "unknown format of annotations",
            where="format",
            expected=f"for {task}: {', '.join(format_names(task)) or 'none, as label files are recognised'}",
            found=name,
        )
    found = name or recognise(path, task)
    if found is None:
        raise MedOptError(
            "no annotations recognised",
            where=path,
            expected=f"for {task}: {', '.join(format_names(task))}",
            remedy="Check the path, or name the format with --format",
        )
    return FORMATS[task][found](path, classes)


def recognise(path: Path, task: str) -> str | None:
    """The name of the format, by the files' endings and, for JSON, by what is in them; None when there is none."""
    if path.is_file():
        return _of_file(path, task)
    if task == "classification":
        if _holds(path, class_labels.SUFFIX):
            return "json"
        return "csv" if len(_files(path, TABLES)) == 1 else None
    if _holds(path, ".xml"):
        return "voc"
    if _holds(path, markups.SUFFIX):
        return "slicer"
    for file in sorted(path.rglob("*.json")):
        return _of_file(file, task)
    if len(_files(path, TABLES)) == 1:
        return "csv"
    texts = (file for file in path.rglob("*.txt") if file.name not in YOLO_NAMES)
    return "yolo" if any(_is_yolo(file) for file in texts) else None


def _of_file(path: Path, task: str) -> str | None:
    name = path.name.lower()
    if name.endswith(TABLES):
        return "csv"
    if not name.endswith(".json"):
        return None
    if task == "classification":
        return "json"
    value = read_json(path)
    if not isinstance(value, dict):
        return None
    return "labelme" if "shapes" in value else "coco" if "images" in value and "categories" in value else None


def _single(path: Path, endings: tuple[str, ...]) -> Path:
    if path.is_file():
        return path
    files = _files(path, endings)
    if len(files) != 1:
        names = ", ".join(file.name for file in files[:5]) or "none"
        raise MedOptError("not one file", where=path, expected=f"one file that ends in {endings[0]}", found=names)
    return files[0]


def _files(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.name.lower().endswith(endings))


def _holds(folder: Path, ending: str) -> bool:
    return next(folder.rglob(f"*{ending}"), None) is not None


def _is_yolo(path: Path) -> bool:
    """True when the first line is five or six numbers, or the file is empty."""
    with open(path, encoding="utf-8", errors="replace") as stream:
        words = stream.readline(200).split()
    if words and len(words) not in (5, 6):
        return False
    return all(word.replace(".", "", 1).replace("e-", "", 1).isdecimal() for word in words)
