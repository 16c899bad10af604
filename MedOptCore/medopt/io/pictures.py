"""PNG, JPEG and TIFF pictures, decoded by SimpleITK."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from medopt.errors import MedOptError
from medopt.image import Geometry, Image
from medopt.io.format import Format
from medopt.io.payload import COPY_AGAIN, open_file
from medopt.io.picture_ends import check_complete, picture_kind

COLOUR_TYPE = 25
"""Where a PNG's header names its colour type."""
GREY_WITH_ALPHA = 4
DECODERS = {"png": "PNGImageIO", "jpeg": "JPEGImageIO", "tiff": "TIFFImageIO"}


def _read(path: Path) -> Image:
    """(channel, k, j, i): k = 1, or the pages of a TIFF; colour as red, green, blue; an alpha channel is dropped."""
    import SimpleITK

    reader = _reader(path)
    try:
        picture = reader.Execute()
    except RuntimeError:
        raise _undecodable(path) from None
    values = SimpleITK.GetArrayFromImage(picture)
    components = picture.GetNumberOfComponentsPerPixel()
    values = values.reshape((*_shape(picture.GetSize()), components))
    keep = {2: 1, 4: 3}.get(components, components)  # the last is alpha
    return Image(np.ascontiguousarray(np.moveaxis(values[..., :keep], -1, 0)), Geometry(_shape(picture.GetSize())))


def _read_geometry(path: Path) -> Geometry:
    """The grid with voxels of 1 mm: what a picture file calls its resolution is how large to print it."""
    reader = _reader(path)
    try:
        reader.ReadImageInformation()
    except RuntimeError:
        raise _undecodable(path) from None
    return Geometry(_shape(reader.GetSize()))


def _reader(path: Path) -> Any:
    import SimpleITK

    with open_file(path) as stream:
        kind = picture_kind(stream, path)
        check_complete(stream, kind, path)
        head = stream.read(COLOUR_TYPE + 1)
    if kind == "png" and head[COLOUR_TYPE] == GREY_WITH_ALPHA:
        raise MedOptError(
            "grey with transparency cannot be decoded", where=path, expected="grey or colour",
            remedy="Save the picture without transparency",
        )  # fmt: skip
    reader = SimpleITK.ImageFileReader()
    reader.SetImageIO(DECODERS[kind])
    reader.SetFileName(str(path))
    return reader


def _undecodable(path: Path) -> MedOptError:
    return MedOptError("the picture cannot be decoded", where=path, remedy=COPY_AGAIN)


def _shape(size: tuple[int, ...]) -> tuple[int, int, int]:
    i, j, k = [*size, 1][:3]
    return int(k), int(j), int(i)


PICTURES = Format("PNG, JPEG, TIFF", (".png", ".jpeg", ".jpg", ".tiff", ".tif"), _read, _read_geometry)
