"""LabelMe: one JSON file an image, with shapes (Russell et al. 2008; files of the labelme program)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.files import read_json
from medopt.io.annotations.sheet import BoxSheet, GridBox, ImageBoxes, names_of
from medopt.io.payload import damaged


def read_labelme(folder: str | Path) -> BoxSheet:
    """The shapes of the JSON files below a folder, as boxes around them; points and lines count for nothing.

    Coordinates are pixels from the image's outer edges. The picture inside a file, if there is one, its path and its
    flags are not looked at. A file that cannot be read is an error of its own image. Raises MedOptError when there is
    none.
    """
    folder = Path(folder)
    files = sorted(folder.rglob("*.json"))
    if not files:
        raise MedOptError("no annotations", where=folder, expected="LabelMe files that end in .json")
    entries: dict[str, ImageBoxes | MedOptError] = {}
    for file in files:
        key = file.relative_to(folder).with_suffix("").as_posix()
        try:
            entries[key] = _image(file)
        except MedOptError as error:
            entries[key] = error
    return BoxSheet(entries, names_of(entries))


def _image(path: Path) -> ImageBoxes:
    value = read_json(path)
    shapes = value.get("shapes") if isinstance(value, dict) else None
    if not isinstance(shapes, list):
        raise damaged(path, "a LabelMe file with 'shapes'", "other JSON")
    boxes = []
    for number, shape in enumerate(shapes):
        try:
            box = _box(shape)
        except (KeyError, TypeError, ValueError):
            raise damaged(path, "shapes with label and points", f"something else at shapes[{number}]") from None
        if box is not None:
            boxes.append(box)
    width, height = value.get("imageWidth"), value.get("imageHeight")
    return ImageBoxes(tuple(boxes), (int(width), int(height)) if width and height else None)


def _box(shape: dict[str, Any]) -> GridBox | None:
    kind = shape.get("shape_type") or "polygon"
    points = [(float(x), float(y)) for x, y in shape["points"]]
    name = str(shape["label"]).strip()
    if kind == "circle":  # the centre, and a point on the circle
        (x, y), rim = points
        radius = math.dist((x, y), rim)
        return GridBox.on_slice(name, x - radius, y - radius, x + radius, y + radius)
    if kind not in ("rectangle", "polygon", "mask", "oriented_rectangle"):
        return None
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return GridBox.on_slice(name, min(xs), min(ys), max(xs), max(ys))
