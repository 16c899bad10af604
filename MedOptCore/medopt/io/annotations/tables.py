"""Annotations in CSV tables, whose columns are found by their names."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from medopt.errors import MedOptError
from medopt.io.annotations.sheet import BoxSheet, ClassSheet, GridBox, ImageBoxes, ImageClasses, names_of
from medopt.io.markups import NamedBox
from medopt.io.payload import damaged

IMAGE = ("image", "file", "filename", "file_name", "image_path", "path", "case", "case_id", "image_index", "image_id",
         "id", "series", "seriesuid", "study")  # fmt: skip
CLASS = ("class", "label", "classes", "labels", "class_name", "category", "finding", "findings", "finding_labels",
         "diagnosis", "target")  # fmt: skip
PART = ("split", "set", "subset", "part", "partition")
CORNERS = tuple((f"{axis}min", f"{axis}max") for axis in "xyz")
OTHER_CORNERS = (("x1", "x2"), ("y1", "y2"), ("z1", "z2"))
SIDES = (("x", "w"), ("y", "h"), ("z", "d"))
SIDES_IN_FULL = (("left", "width"), ("top", "height"), ("front", "depth"))
IN_MM = ("coordx", "coordy", "coordz")
DIAMETER = ("diameter_mm", "diameter")
YES, NO, UNKNOWN = ("1", "1.0", "true", "yes", "y"), ("0", "0.0", "false", "no", "n"), ("", "-1", "-1.0", "nan", "na")
_SEVERAL = re.compile(r"[|;,]")

Row = dict[str, str]


def read_class_table(path: str | Path, classes: Sequence[str]) -> ClassSheet:
    """The classes of images in a CSV (or TSV) file: a line an image.

    Either one column names the class, several of them parted by ``|``, ``;`` or ``,``, an empty cell being none; or a
    column of its own for each of ``classes`` holds 1, 0, or nothing or -1 where nobody judged. Numbers of which one is
    0 count the classes of the project from 0. A column such as "split" becomes an attribute. No other column is kept.

    Raises MedOptError that names the line for a damaged file, and when a column is missing.
    """
    path = Path(path)
    rows, image = _read(path)
    columns = {column.strip().lower(): column for column in (rows[0] if rows else {})}
    own = {name: columns[name.strip().lower()] for name in classes if name.strip().lower() in columns}
    entries: dict[str, ImageClasses | MedOptError] = {}
    label = next((columns[name] for name in CLASS if name in columns), None)
    if own:
        for number, row in enumerate(rows, 2):
            entries[_once(row[image], entries, number, path)] = _judged(row, own, number, path)
        names: tuple[str, ...] = tuple(own)
    elif label is not None:
        known = {name.strip().lower() for name in classes}
        cells = [_cell(row[label], known) for row in rows]
        if {text for cell in cells for text in cell} >= {"0"} and all(t.isdecimal() for c in cells for t in c):
            cells = [tuple(f"#{text}" for text in cell) for cell in cells]
        for number, (row, cell) in enumerate(zip(rows, cells, strict=True), 2):
            entries[_once(row[image], entries, number, path)] = ImageClasses(cell)
        names = tuple(sorted({text for cell in cells for text in cell}))
    else:
        raise MedOptError(
            "no column of classes",
            where=path,
            expected=f"a column named {', '.join(CLASS[:3])} or one for each class",
            found=", ".join(columns)[:200] or "an empty file",
        )
    return ClassSheet(entries, names, attributes=_parts(rows, image, columns))


def read_box_table(path: str | Path) -> BoxSheet:
    """The boxes of images in a CSV (or TSV) file: a line a box.

    ``xmin, xmax, ymin, ymax`` (or ``x1 …``) are distances in pixels from the image's left and upper outer edge, with
    ``zmin, zmax`` for volumes; or ``x, y, w, h`` (``left, top, width, height``). Of ``coordX, coordY, coordZ,
    diameter_mm`` (LUNA16) the first three are a centre in LPS mm, the last the side of a cube around it. A line without
    numbers says that nothing is to be seen. Without a column of classes the class is ``#0``, the project's first.

    Raises MedOptError that names the line for a damaged file, and when columns are missing.
    """
    path = Path(path)
    rows, image = _read(path)
    columns = {column.strip().lower(): column for column in (rows[0] if rows else {})}
    label = next((columns[name] for name in CLASS if name in columns), None)
    if not rows:
        raise MedOptError("an empty table", where=path, expected="a line a box")
    place = _place(columns, path)
    boxes: dict[str, list[GridBox | NamedBox]] = {}
    for number, row in enumerate(rows, 2):
        here = boxes.setdefault(row[image].strip(), [])
        name = "#0" if label is None else row[label].strip()
        if any(row[columns[column]].strip() for column in place):
            here.append(_box(name, [row[columns[column]] for column in place], place, number, path))
    entries: dict[str, ImageBoxes | MedOptError] = {key: ImageBoxes(tuple(found)) for key, found in boxes.items()}
    return BoxSheet(entries, names_of(entries), attributes=_parts(rows, image, columns))


def _read(path: Path) -> tuple[list[Row], str]:
    """The lines and the name of the column of images."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MedOptError("the file cannot be read", where=path, found=type(error).__name__) from error
    head = text.split("\n", 1)[0]
    separator = max(",;\t", key=head.count)
    rows = []
    reader = csv.DictReader(text.splitlines(), delimiter=separator)
    for number, row in enumerate(reader, 2):
        if None in row or None in row.values():
            raise damaged(path, f"{len(reader.fieldnames or ())} cells a line", f"another number in line {number}")
        rows.append(row)
    names = {name.strip().lower(): name for name in reader.fieldnames or ()}
    image = next((names[name] for name in IMAGE if name in names), None)
    if image is None:
        found = ", ".join(names)[:200] or "an empty file"
        raise MedOptError("no column of images", where=path, expected=f"a column named {', '.join(IMAGE)}", found=found)
    return rows, image


def _cell(text: str, known: set[str]) -> tuple[str, ...]:
    if text.strip().lower() in known:  # a name that holds a comma
        return (text.strip(),)
    return tuple(part.strip() for part in _SEVERAL.split(text) if part.strip())


def _judged(row: Row, own: Mapping[str, str], number: int, path: Path) -> ImageClasses:
    present, absent = [], []
    for name, column in own.items():
        value = row[column].strip().lower()
        if value in YES:
            present.append(name)
        elif value in NO:
            absent.append(name)
        elif value not in UNKNOWN:
            raise damaged(path, "1, 0 or nothing", f"'{value[:20]}' for {name} in line {number}")
    return ImageClasses(tuple(present), tuple(absent))


def _once(key: str, entries: Mapping[str, object], number: int, path: Path) -> str:
    key = key.strip()
    if key in entries:
        raise damaged(path, "a line an image", f"'{key[:60]}' again in line {number}")
    return key


def _place(columns: Mapping[str, str], path: Path) -> tuple[str, ...]:
    """The columns that hold the place of a box, in the order in which ``_box`` takes them."""
    for pairs in (CORNERS, OTHER_CORNERS, SIDES, SIDES_IN_FULL):
        for axes in (3, 2):
            wanted = tuple(name for pair in pairs[:axes] for name in pair)
            if all(name in columns for name in wanted):
                return wanted
    diameter = next((name for name in DIAMETER if name in columns), None)
    if diameter is not None and all(name in columns for name in IN_MM):
        return (*IN_MM, diameter)
    raise MedOptError(
        "no columns of boxes",
        where=path,
        expected="xmin, xmax, ymin, ymax (zmin, zmax); or x, y, w, h; or coordX, coordY, coordZ, diameter_mm",
        found=", ".join(columns)[:200],
    )


def _box(name: str, cells: Sequence[str], place: tuple[str, ...], number: int, path: Path) -> GridBox | NamedBox:
    try:
        values = np.array([float(cell) for cell in cells])
    except ValueError:
        raise damaged(path, "numbers for the box", f"text in line {number}") from None
    if not np.isfinite(values).all():
        raise damaged(path, "finite numbers for the box", f"something else in line {number}")
    if place[0] == IN_MM[0]:
        x, y, z, side = (float(value) for value in values)
        axes = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
        return NamedBox(name, (x, y, z), (side, side, side), axes)
    first, second = values[::2], values[1::2]
    if place[0] in ("x", "left"):
        second = first + second
    low, high = (np.append(ends, edge)[:3][::-1] - 0.5 for ends, edge in ((first, 0.0), (second, 1.0)))
    return GridBox(name, (low[0], low[1], low[2]), (high[0], high[1], high[2]))


def _parts(rows: Sequence[Row], image: str, columns: Mapping[str, str]) -> dict[str, dict[str, str]]:
    column = next((columns[name] for name in PART if name in columns), None)
    if column is None:
        return {}
    return {row[image].strip(): {"split": row[column].strip()} for row in rows if row[column].strip()}
