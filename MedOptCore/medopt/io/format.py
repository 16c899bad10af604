"""What a file format offers to the rest of the room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from medopt.image import Geometry, Image


@dataclass(frozen=True)
class Format:
    """One image file format.

    Parameters
    ----------
    name : as users know it
    suffixes : endings in lower case, longest first where one ends another
    read : the image of a file
    read_geometry : its grid, from the header alone where the format allows
    write : ``write(image, path, compress)`` to a path that may be overwritten; None where MedOpt only reads
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Path], Image]
    read_geometry: Callable[[Path], Geometry]
    write: Callable[[Image, Path, bool], None] | None = None
