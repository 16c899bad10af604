"""Siemens mosaics: all slices of a volume as tiles of one large image, their place in private headers.

Source: the description of the format in NiBabel's "Siemens mosaic" and "CSA" notes (nipy.org/nibabel/dicom).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medopt.io.dicom_headers import number, numbers, pydicom_quiet, reading_errors, text

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

CSA_CREATOR = "SIEMENS CSA HEADER"
MR_CREATOR = "SIEMENS MR HEADER"
MOST_TILES = 4096


@dataclass(frozen=True)
class Mosaic:
    """How a mosaic is laid out.

    Parameters
    ----------
    count : slices
    side : tiles in a row and in a column of the large image
    shape : (rows, columns) of one tile
    positions : (count, 3) LPS mm of each tile's first pixel
    """

    count: int
    side: int
    shape: tuple[int, int]
    positions: NDArray

    def split(self, pixels: NDArray) -> NDArray:
        """(count, channel, rows, columns) from the large image (1, channel, rows × side, columns × side)."""
        rows, columns = self.shape
        tiles = pixels[0].reshape(pixels.shape[1], self.side, rows, self.side, columns)
        return tiles.transpose(1, 3, 0, 2, 4).reshape(-1, pixels.shape[1], rows, columns)[: self.count]


def is_mosaic(dataset: Dataset) -> bool:
    """Whether the object calls itself a mosaic."""
    return "MOSAIC" in text(dataset, "ImageType").split("\\")


def mosaic_of(dataset: Dataset) -> Mosaic | None:
    """The layout of a mosaic; None for other objects, and for mosaics that do not tell it."""
    if not is_mosaic(dataset):
        return None
    csa = _csa(_private(dataset, 0x0029, CSA_CREATOR, 0x10))
    count = int(_first(csa, "NumberOfImagesInMosaic", 1)[0]) or int(_private(dataset, 0x0019, MR_CREATOR, 0x0A) or 0)
    corner = numbers(dataset, "ImagePositionPatient", 3)
    directions = numbers(dataset, "ImageOrientationPatient", 6)
    spacing = numbers(dataset, "PixelSpacing", 2)
    rows, columns = int(number(dataset, "Rows") or 0), int(number(dataset, "Columns") or 0)
    step = number(dataset, "SpacingBetweenSlices") or number(dataset, "SliceThickness")
    if not 0 < count <= MOST_TILES or corner is None or directions is None or spacing is None or not step:
        return None
    side = int(np.ceil(np.sqrt(count)))
    if rows % side or columns % side or not rows:
        return None
    shape = (rows // side, columns // side)
    along_row, along_column = np.array(directions[:3]), np.array(directions[3:])
    # The corner is given as if the large image were one slice around the same centre.
    first = np.array(corner) + along_row * spacing[1] * (columns - shape[1]) / 2
    first = first + along_column * spacing[0] * (rows - shape[0]) / 2
    normal = np.array(_first(csa, "SliceNormalVector", 3))
    if not 0.9 < np.linalg.norm(normal) < 1.1:
        normal = np.cross(along_row, along_column)
    across = np.cross(along_row, along_column)
    across = across if across @ normal >= 0 else -across
    return Mosaic(count, side, shape, first + np.arange(count)[:, None] * across * step)


def _first(csa: dict[str, list[str]], name: str, count: int) -> list[float]:
    """``count`` numbers of a CSA field; zeros when it is absent or unreadable."""
    try:
        values = [float(word) for word in csa.get(name, [])[:count]]
    except ValueError:
        values = []
    return values if len(values) == count else [0.0] * count


def _private(dataset: Dataset, group: int, creator: str, offset: int) -> Any:
    try:
        with pydicom_quiet():
            return dataset.private_block(group, creator)[offset].value
    except reading_errors():
        return None


def _csa(data: object) -> dict[str, list[str]]:
    """Fields of a CSA2 header: text values by name; empty for other data."""
    if not isinstance(data, bytes) or not data.startswith(b"SV10"):
        return {}
    result: dict[str, list[str]] = {}
    try:
        (fields,) = struct.unpack_from("<I", data, 8)
        at = 16
        for _ in range(min(fields, 1000)):
            name, items = struct.unpack_from("<64s12xi4x", data, at)
            at += 84
            values = []
            for _ in range(items):
                length = struct.unpack_from("<4i", data, at)[1]
                at += 16
                values.append(_text(data[at : at + length]))
                at += (length + 3) // 4 * 4
            result[_text(name)] = [value for value in values if value]
    except struct.error:
        return result
    return result


def _text(data: bytes) -> str:
    return data.split(b"\0")[0].decode("latin-1").strip()
