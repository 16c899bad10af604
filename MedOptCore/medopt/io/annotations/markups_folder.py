"""A folder of Slicer's ``.mrk.json`` files, one or several an image."""

from __future__ import annotations

from pathlib import Path

from medopt.errors import MedOptError
from medopt.io.annotations.sheet import BoxSheet, ImageBoxes, names_of
from medopt.io.markups import SUFFIX, read_markup_boxes


def read_markups_folder(folder: str | Path) -> BoxSheet:
    """The ROIs of the ``.mrk.json`` files below a folder, by the names of the files; LPS mm.

    A file that cannot be read is an error of its own image. Raises MedOptError when there is none.
    """
    folder = Path(folder)
    files = sorted(folder.rglob(f"*{SUFFIX}"))
    if not files:
        raise MedOptError("no annotations", where=folder, expected=f"files of Slicer that end in {SUFFIX}")
    entries: dict[str, ImageBoxes | MedOptError] = {}
    for file in files:
        key = file.relative_to(folder).as_posix()[: -len(SUFFIX)]
        try:
            found = read_markup_boxes(file)
            entries[key] = ImageBoxes(found.boxes, None, found.unjudged)
        except MedOptError as error:
            entries[key] = error
    return BoxSheet(entries, names_of(entries))
