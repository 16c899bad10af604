"""NRRD volumes: ``.nrrd`` with header and voxels in one file, ``.nhdr`` with voxels beside it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.files import atomic_path
from medopt.image import Geometry, Image
from medopt.io.format import Format
from medopt.io.nrrd_header import NrrdHeader, header_text, read_header
from medopt.io.payload import byte_view, damaged, open_file, read_bzip2, read_deflated, read_raw, read_text_numbers

COMPRESSION_LEVEL = 1
"""zlib's fastest: noise in medical images leaves little to gain from more, and it is three times as quick."""


def read_nrrd(path: Path) -> tuple[NrrdHeader, Image]:
    """Header and image; the axis that is not spatial, wherever it stands, becomes the channels."""
    with open_file(path) as stream:
        header = read_header(stream, path)
        values = _read_values(header, stream, path)
    stored = values.reshape(header.sizes[::-1])
    if header.channel_axis is None:
        array = stored.reshape((1, *header.geometry.shape))
    else:
        front = np.moveaxis(stored, len(header.sizes) - 1 - header.channel_axis, 0)
        array = np.ascontiguousarray(front).reshape((-1, *header.geometry.shape))
    return header, Image(array, header.geometry)


def write_nrrd(
    path: Path,
    array: NDArray,
    geometry: Geometry,
    *,
    kind: str = "vector",
    pairs: Mapping[str, str] | None = None,
    compress: bool = True,
) -> None:
    """Write (channel, k, j, i) to one file; one channel is written as a plain volume, more with ``kind`` fastest.

    The caller makes it atomic. bool is stored as uint8 and float16 as float32, which hold them exactly.
    """
    dtype = array.dtype.newbyteorder("=")
    if dtype.kind == "b" or dtype == np.float16:
        dtype = np.dtype(np.uint8 if dtype.kind == "b" else np.float32)
    channels = None if array.shape[0] == 1 else array.shape[0]
    encoding = "gzip" if compress else "raw"
    text = header_text(dtype, channels, geometry, kind=kind, encoding=encoding, pairs=pairs or {})
    ordered = np.ascontiguousarray(np.moveaxis(array, 0, -1) if channels else array, dtype)
    with open(path, "wb") as stream:
        stream.write(text.encode("utf-8"))
        data = byte_view(ordered)
        if compress:
            pack = zlib.compressobj(COMPRESSION_LEVEL, wbits=31)
            stream.write(pack.compress(data))
            stream.write(pack.flush())
        else:
            stream.write(data)


def _read_values(header: NrrdHeader, stream: BinaryIO, path: Path) -> NDArray:
    count = int(np.prod(header.sizes, dtype=object))
    if "data file" not in header.fields:
        return _decode(header, stream, count, path)
    files = _data_files(header.fields["data file"], stream, path)
    if count % len(files):
        raise damaged(path, "data files of equal size", f"{count:,} voxels in {len(files)} files")
    parts = []
    for file in files:
        with open_file(file) as data:
            parts.append(_decode(header, data, count // len(files), file))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _data_files(text: str, stream: BinaryIO, path: Path) -> list[Path]:
    words = text.split()
    if words[:1] == ["LIST"]:
        names = [line.decode("utf-8", "replace").strip() for line in stream]
        names = [name for name in names if name]
    elif len(words) >= 4 and re.fullmatch(r"[^%]*%0?\d*d[^%]*", words[0]):
        try:
            first, last, step = (int(word) for word in words[1:4])
            names = [words[0] % number for number in range(first, last + (1 if step > 0 else -1), step)]
        except ValueError:
            raise damaged(path, "a data file pattern with first, last and step", text[:80]) from None
    else:
        names = [text]
    if not names:
        raise damaged(path, "names of data files", "none")
    return [path.parent / name for name in names]


def _decode(header: NrrdHeader, stream: BinaryIO, count: int, path: Path) -> NDArray:
    try:
        line_skip, byte_skip = (int(header.fields.get(name, "0")) for name in ("line skip", "byte skip"))
    except ValueError:
        raise damaged(path, "whole numbers for 'line skip' and 'byte skip'", "text") from None
    for _ in range(line_skip):
        stream.readline()
    encoding = header.encoding
    if encoding in ("gz", "gzip"):
        return read_deflated(stream, count, header.dtype, path, skip=max(byte_skip, 0))
    if encoding == "raw" and byte_skip == -1:
        there = stream.seek(0, 2)
        stream.seek(max(there - count * header.dtype.itemsize, 0))
    elif byte_skip > 0:
        stream.seek(byte_skip, 1)
    if encoding == "raw":
        return read_raw(stream, count, header.dtype, path)
    if encoding in ("bz2", "bzip2"):
        return read_bzip2(stream, count, header.dtype, path)
    if encoding in ("txt", "text", "ascii"):
        return read_text_numbers(stream, count, header.dtype, path)
    raise MedOptError(
        "unknown encoding of voxels", where=path, expected="raw, gzip, bzip2 or ascii", found=encoding[:20]
    )


def _read(path: Path) -> Image:
    return read_nrrd(path)[1]


def _read_geometry(path: Path) -> Geometry:
    with open_file(path) as stream:
        return read_header(stream, path).geometry


def _write(image: Image, path: Path, compress: bool) -> None:
    with atomic_path(path) as temporary:
        write_nrrd(temporary, image.array, image.geometry, compress=compress)


NRRD = Format("NRRD", (".nrrd",), _read, _read_geometry, _write)
NHDR = Format("NRRD with a separate header", (".nhdr",), _read, _read_geometry)
