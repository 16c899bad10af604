"""MetaImage volumes (https://itk.org/Wiki/MetaIO/Documentation): ``.mha``, and ``.mhd`` with voxels beside it."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.files import atomic_path
from medopt.image import Geometry, Image
from medopt.io.format import Format
from medopt.io.grids import geometry_from_columns
from medopt.io.nrrd import COMPRESSION_LEVEL
from medopt.io.payload import byte_view, damaged, open_file, read_deflated, read_raw, read_text_numbers

TYPES = {
    "MET_CHAR": "int8", "MET_UCHAR": "uint8", "MET_SHORT": "int16", "MET_USHORT": "uint16", "MET_INT": "int32",
    "MET_UINT": "uint32", "MET_LONG": "int32", "MET_ULONG": "uint32", "MET_LONG_LONG": "int64",
    "MET_ULONG_LONG": "uint64", "MET_FLOAT": "float32", "MET_DOUBLE": "float64",
}  # fmt: skip
"""MET_LONG is four bytes on disk, whatever the machine."""
TYPE_NAMES = {dtype: name for name, dtype in TYPES.items() if name not in ("MET_LONG", "MET_ULONG")}
LAST_FIELD = "ElementDataFile"
MOST_LINES = 1000


@dataclass(frozen=True)
class _Header:
    fields: dict[str, str]
    sizes: tuple[int, ...]
    channels: int
    dtype: np.dtype
    geometry: Geometry
    packed: bool
    text: bool

    @property
    def count(self) -> int:
        return int(np.prod([self.channels, *self.sizes], dtype=object))


def _read(path: Path) -> Image:
    with open_file(path) as stream:
        header = _parse(stream, path)
        values = _read_values(header, stream, path)
    if header.channels > 1:
        array = np.moveaxis(values.reshape((*header.geometry.shape, header.channels)), -1, 0)
        return Image(np.ascontiguousarray(array), header.geometry)
    return Image(values.reshape((-1, *header.geometry.shape)), header.geometry)


def _read_geometry(path: Path) -> Geometry:
    with open_file(path) as stream:
        return _parse(stream, path).geometry


def _write(image: Image, path: Path, compress: bool) -> None:
    dtype = image.array.dtype.newbyteorder("=")
    if dtype.kind == "b" or dtype == np.float16:
        dtype = np.dtype(np.uint8 if dtype.kind == "b" else np.float32)
    size, spacing, origin, direction = image.geometry.to_itk()
    columns = np.asarray(direction).reshape(3, 3).T.ravel()
    data = np.ascontiguousarray(np.moveaxis(image.array, 0, -1), dtype)
    payload = zlib.compress(byte_view(data), COMPRESSION_LEVEL) if compress else byte_view(data)
    lines = ["ObjectType = Image", "NDims = 3", "BinaryData = True"]
    lines.append(f"BinaryDataByteOrderMSB = {not np.little_endian}")
    lines.append(f"CompressedData = {compress}")
    if compress:
        lines.append(f"CompressedDataSize = {len(payload)}")
    lines.append("TransformMatrix = " + _numbers(columns))
    lines.append("Offset = " + _numbers(origin))
    lines.append("CenterOfRotation = 0 0 0")
    lines.append("ElementSpacing = " + _numbers(spacing))
    lines.append("DimSize = " + " ".join(map(str, size)))
    if image.channels > 1:
        lines.append(f"ElementNumberOfChannels = {image.channels}")
    lines += [f"ElementType = {TYPE_NAMES[dtype.name]}", f"{LAST_FIELD} = LOCAL", ""]
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        stream.write("\n".join(lines).encode("ascii"))
        stream.write(payload)


def _numbers(values: object) -> str:
    return " ".join(repr(float(x)) for x in np.asarray(values))


def _parse(stream: BinaryIO, path: Path) -> _Header:
    fields: dict[str, str] = {}
    for _ in range(MOST_LINES):
        raw = stream.readline(1 << 16)
        name, equals, value = raw.decode("utf-8", "replace").partition("=")
        if not equals or not raw.endswith(b"\n"):
            alone = path.suffix.lower() == ".mhd"  # a header without voxels may end without a line end
            if not (alone and name.strip() == LAST_FIELD and value.strip()):
                break
        fields[name.strip()] = value.strip()
        if name.strip() == LAST_FIELD:
            break
    if LAST_FIELD not in fields or "NDims" not in fields:
        raise damaged(path, f"a MetaImage header up to {LAST_FIELD}", f"{len(fields)} readable fields")
    try:
        return _interpret(fields, path)
    except (ValueError, KeyError) as error:
        raise damaged(path, "a complete MetaImage header", str(error)) from None


def _interpret(fields: dict[str, str], path: Path) -> _Header:
    dimension = int(fields["NDims"])
    sizes = tuple(int(word) for word in fields["DimSize"].split())
    channels = int(fields.get("ElementNumberOfChannels", "1"))
    if dimension not in (2, 3, 4) or len(sizes) != dimension or min(sizes) < 1 or channels < 1:
        raise damaged(path, "2 to 4 sizes of at least 1", f"NDims {dimension}, DimSize {sizes}")
    if dimension == 4 and channels > 1:
        raise MedOptError("too many axes", where=path, expected="one axis of channels", found=f"sizes {sizes}")
    if fields["ElementType"] not in TYPES:
        raise damaged(path, f"an ElementType of {', '.join(TYPES)}", fields["ElementType"][:30])
    order = fields.get("BinaryDataByteOrderMSB", fields.get("ElementByteOrderMSB", "False"))
    dtype = np.dtype(TYPES[fields["ElementType"]]).newbyteorder(">" if _truth(order) else "<")
    spacing = _floats(fields, ("ElementSpacing", "ElementSize"), np.ones(dimension))
    origin = _floats(fields, ("Offset", "Position", "Origin"), np.zeros(dimension))
    matrix = _floats(fields, ("TransformMatrix", "Rotation", "Orientation"), np.eye(dimension).ravel())
    matrix = matrix.reshape(dimension, dimension).T
    if dimension == 2:
        matrix = np.block([[matrix, np.zeros((2, 1))], [np.zeros((1, 2)), np.ones((1, 1))]])
        spacing, origin = np.append(spacing, 1.0), np.append(origin, 0.0)
    columns = matrix[:3, :3] * spacing[:3]
    shape = [*sizes, 1][:3]
    geometry = geometry_from_columns(shape[::-1], columns[:, ::-1], origin[:3], path)
    text = not _truth(fields.get("BinaryData", "True"))
    return _Header(fields, sizes, channels, dtype, geometry, _truth(fields.get("CompressedData", "False")), text)


def _floats(fields: dict[str, str], names: tuple[str, ...], default: NDArray) -> NDArray:
    for name in names:
        if name in fields:
            values = np.array([float(word) for word in fields[name].split()])
            if values.shape != default.shape:
                raise ValueError(f"{name} of {values.size} numbers instead of {default.size}")
            return values
    return default


def _truth(text: str) -> bool:
    return text.strip().lower() in ("true", "1", "t", "yes")


def _read_values(header: _Header, stream: BinaryIO, path: Path) -> NDArray:
    name = header.fields[LAST_FIELD]
    if name.upper() == "LOCAL":
        return _decode(header, stream, header.count, path)
    files = _data_files(name, header, stream, path)
    if header.count % len(files):
        raise damaged(path, "data files of equal size", f"{header.count:,} voxels in {len(files)} files")
    parts = []
    for file in files:
        with open_file(file) as data:
            parts.append(_decode(header, data, header.count // len(files), file))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _data_files(name: str, header: _Header, stream: BinaryIO, path: Path) -> list[Path]:
    words = name.split() or [""]
    if words[0].upper() == "LIST":
        names = [line.decode("utf-8", "replace").strip() for line in stream]
        names = [line for line in names if line]
    elif len(words) >= 3 and re.fullmatch(r"[^%]*%0?\d*d[^%]*", words[0]):
        first, last, step = (int(word) for word in [*words[1:3], *words[3:4], "1"][:3])
        names = [words[0] % number for number in range(first, last + 1, max(step, 1))]
    else:
        names = [name] if name else []
    if not names:
        raise damaged(path, "names of data files", "none")
    return [path.parent / file for file in names]


def _decode(header: _Header, stream: BinaryIO, count: int, path: Path) -> NDArray:
    skip = int(header.fields.get("HeaderSize", "0"))
    if skip > 0:
        stream.seek(skip)
    elif skip == -1:
        end = stream.seek(0, 2)
        stream.seek(max(end - count * header.dtype.itemsize, 0))
    if header.text:
        return read_text_numbers(stream, count, header.dtype, path)
    if header.packed:
        return read_deflated(stream, count, header.dtype, path)
    return read_raw(stream, count, header.dtype, path)


METAIMAGE = Format("MetaImage", (".mha",), _read, _read_geometry, _write)
METAIMAGE_HEADER = Format("MetaImage with a separate header", (".mhd",), _read, _read_geometry)
