"""COCO: one JSON file for all images (Lin et al. 2014, https://cocodataset.org/#format-data)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.files import read_json
from medopt.io.annotations.sheet import BoxSheet, GridBox, ImageBoxes, names_of
from medopt.io.payload import damaged


def read_coco(path: str | Path) -> BoxSheet:
    """The boxes of a COCO file; images without annotations show nothing, images that it does not list are unknown.

    ``bbox`` is left, top, width and height in pixels from the image's outer edges; where it is missing, the box around
    the polygons of ``segmentation`` counts. The categories are the classes that were looked for. Raises MedOptError for
    a damaged file.
    """
    path = Path(path)
    value = read_json(path)
    if not isinstance(value, dict) or not all(isinstance(value.get(k), list) for k in ("images", "categories")):
        raise damaged(path, "a COCO file with 'images', 'annotations' and 'categories'", "other JSON")
    try:
        names = {one["id"]: str(one["name"]) for one in value["categories"]}
        files = {one["id"]: str(one["file_name"]) for one in value["images"]}
        sizes = {one["id"]: _size(one) for one in value["images"]}
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(path, "images with id and file_name, categories with id and name", f"no {error}") from None
    boxes: dict[Any, list[GridBox]] = {number: [] for number in files}
    for number, one in enumerate(value.get("annotations") or ()):
        try:
            boxes[one["image_id"]].append(_box(one, names[one["category_id"]]))
        except (KeyError, TypeError, ValueError, IndexError):
            found = f"something else at annotations[{number}]"
            raise damaged(path, "annotations with image_id, category_id and bbox", found) from None
    entries: dict[str, ImageBoxes | MedOptError] = {
        files[number]: ImageBoxes(tuple(boxes[number]), sizes[number]) for number in files
    }
    return BoxSheet(entries, names_of(entries), tuple(names.values()))


def _size(image: dict[str, Any]) -> tuple[int, int] | None:
    width, height = image.get("width"), image.get("height")
    return (int(width), int(height)) if width and height else None


def _box(annotation: dict[str, Any], name: str) -> GridBox:
    if "bbox" in annotation:
        left, top, width, height = (float(number) for number in annotation["bbox"])
        return GridBox.on_slice(name, left, top, left + width, top + height)
    numbers = [float(number) for polygon in annotation["segmentation"] for number in polygon]
    x, y = numbers[::2], numbers[1::2]
    return GridBox.on_slice(name, min(x), min(y), max(x), max(y))
