"""Pascal VOC: one XML file an image (Everingham et al. 2010, annotation guidelines of the VOC devkit)."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from medopt.errors import MedOptError
from medopt.io.annotations.sheet import BoxSheet, GridBox, ImageBoxes, names_of
from medopt.io.payload import damaged

SETS = {"train": "train", "trainval": "train", "val": "validation", "test": "test"}
"""Files in ImageSets/Main and the part of a split for which they stand; an earlier and narrower one counts."""


def read_voc(folder: str | Path) -> BoxSheet:
    """The boxes of the XML files below a folder, such as ``Annotations`` or the data set's own.

    VOC counts pixels from 1 and names the first and the last of them, so that a box from 1 to the width covers the
    image. Where ``ImageSets/Main`` lies beside the folder or in it, the attribute ``split`` tells the part.

    A file that cannot be read is an error of its own image. Raises MedOptError when there is none.
    """
    folder = Path(folder)
    root = folder / "Annotations" if (folder / "Annotations").is_dir() else folder
    files = sorted(root.rglob("*.xml"))
    if not files:
        raise MedOptError("no annotations", where=folder, expected="Pascal VOC files that end in .xml")
    entries: dict[str, ImageBoxes | MedOptError] = {}
    for file in files:
        key = file.relative_to(root).with_suffix("").as_posix()
        try:
            entries[key] = _image(file)
        except MedOptError as error:
            entries[key] = error
    return BoxSheet(entries, names_of(entries), attributes=_parts(root.parent / "ImageSets" / "Main"))


def _image(path: Path) -> ImageBoxes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MedOptError("the file cannot be read", where=path, found=error.strerror or str(error)) from error
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise damaged(path, "plain XML", "declarations of entities")
    try:
        tree = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise damaged(path, "XML", str(error)) from None
    if tree.tag != "annotation":
        raise damaged(path, "an element 'annotation'", tree.tag[:40])
    width, height = tree.findtext("size/width"), tree.findtext("size/height")
    boxes = tuple(_box(one, path) for one in tree.iter("object"))
    try:
        size = (int(float(width)), int(float(height))) if width and height else None
    except ValueError:
        raise damaged(path, "width and height in numbers", "text") from None
    return ImageBoxes(boxes, size if size and min(size) > 0 else None)


def _box(element: ElementTree.Element, path: Path) -> GridBox:
    try:
        left, top, right, bottom = (
            float(element.findtext(f"bndbox/{side}") or "") for side in ("xmin", "ymin", "xmax", "ymax")
        )
    except ValueError:
        raise damaged(path, "four numbers in 'bndbox'", "something else") from None
    name = (element.findtext("name") or "").strip()
    if right <= left or bottom <= top:  # of no extent, which the next pixel must not hide
        return GridBox.on_slice(name, left, top, right, bottom)
    return GridBox.on_slice(name, left - 1, top - 1, right, bottom)


def _parts(folder: Path) -> dict[str, dict[str, str]]:
    result: dict[str, dict[str, str]] = {}
    for name, part in SETS.items():
        path = folder / f"{name}.txt"
        if not path.is_file():
            continue
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            words = line.split()
            if words and (name != "trainval" or words[0] not in result):
                result[words[0]] = {"split": part}
    return result
