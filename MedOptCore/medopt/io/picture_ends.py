"""Whether a PNG, JPEG or TIFF file is complete: decoders fill what is missing with grey and say nothing."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO

from medopt.errors import MedOptError
from medopt.io.payload import COPY_AGAIN, damaged

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
JPEG_MAGIC = b"\xff\xd8\xff"
TIFF_MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS = 273, 279, 324, 325
TIFF_TYPE_SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
MOST_PAGES = 1 << 16


def picture_kind(stream: BinaryIO, path: Path) -> str:
    """ "png", "jpeg" or "tiff" by the first bytes, whatever the name says; other files are a MedOptError."""
    head = stream.read(8)
    stream.seek(0)
    if head == PNG_MAGIC:
        return "png"
    if head.startswith(JPEG_MAGIC):
        return "jpeg"
    if head[:4] in TIFF_MAGICS:
        return "tiff"
    raise damaged(path, "a PNG, JPEG or TIFF picture", f"{len(head)} other bytes" if len(head) < 8 else "other data")


def check_complete(stream: BinaryIO, kind: str, path: Path) -> None:
    """Raise a MedOptError unless the picture reaches its end: the PNG's and JPEG's end mark, the TIFF's last strip."""
    complete = {"png": _png, "jpeg": _jpeg, "tiff": _tiff}[kind](stream)
    stream.seek(0)
    if not complete:
        raise MedOptError("the picture is truncated or damaged", where=path, remedy=COPY_AGAIN)


def _png(stream: BinaryIO) -> bool:
    stream.seek(len(PNG_MAGIC))
    while True:
        head = stream.read(8)
        if len(head) < 8:
            return False
        (length,) = struct.unpack(">I", head[:4])
        if head[4:] == b"IEND":
            return length == 0 and len(stream.read(4)) == 4
        stream.seek(length + 4, 1)


def _jpeg(stream: BinaryIO) -> bool:
    """Walks the segments; a thumbnail's end mark inside one does not count."""
    data = stream.read()
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return False
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xD9:
            return True
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:
            at = _end_of_scan(data, at)
    return at + 2 <= len(data) and data[at : at + 2] == b"\xff\xd9"


def _end_of_scan(data: bytes, at: int) -> int:
    """The next marker after entropy-coded data: 0xFF not followed by a stuffed 0 or a restart mark."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            return len(data)
        if data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
            continue
        return at


def _tiff(stream: BinaryIO) -> bool:
    size = os.fstat(stream.fileno()).st_size
    head = stream.read(16)
    order = "<" if head[:2] == b"II" else ">"
    big = head[2:4] in (b"+\0", b"\0+")
    if len(head) < (16 if big else 8):
        return False
    at = struct.unpack(order + "Q", head[8:16])[0] if big else struct.unpack(order + "I", head[4:8])[0]
    pages = 0
    while at:
        pages += 1
        page = _tiff_page(stream, at, order, big, size)
        if page is None or pages > MOST_PAGES:
            return False
        at = page
    return pages > 0


def _tiff_page(stream: BinaryIO, at: int, order: str, big: bool, size: int) -> int | None:
    """Where the next page begins (0 after the last), or None when this one reaches beyond the file."""
    count_format, entry_size, offset_format = ("Q", 20, "Q") if big else ("H", 12, "I")
    stream.seek(at)
    raw = stream.read(struct.calcsize(order + count_format))
    if len(raw) < struct.calcsize(order + count_format):
        return None
    (entries,) = struct.unpack(order + count_format, raw)
    link = struct.calcsize(order + offset_format)
    if at + len(raw) + entries * entry_size + link > size:
        return None
    table = stream.read(entries * entry_size + link)
    if len(table) < entries * entry_size + link:
        return None
    found: dict[int, tuple[int, ...]] = {}
    inline = 8 if big else 4
    for number in range(entries):
        entry = table[number * entry_size : (number + 1) * entry_size]
        tag, kind, count = struct.unpack(order + "HH" + offset_format, entry[: entry_size - inline])
        length = TIFF_TYPE_SIZES.get(kind, 1) * count
        value = entry[entry_size - inline :]
        if length > inline:
            (offset,) = struct.unpack(order + offset_format, value)
            if offset + length > size:
                return None
            if tag in (STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS):
                stream.seek(offset)
                value = stream.read(length)
        if tag in (STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS) and kind in (3, 4, 16):
            letter = {3: "H", 4: "I", 16: "Q"}[kind]
            found[tag] = struct.unpack(order + letter * count, value[: TIFF_TYPE_SIZES[kind] * count])
    for offsets, counts in ((STRIP_OFFSETS, STRIP_COUNTS), (TILE_OFFSETS, TILE_COUNTS)):
        pairs = zip(found.get(offsets, ()), found.get(counts, ()), strict=False)
        if any(start + length > size for start, length in pairs):
            return None
    return int(struct.unpack(order + offset_format, table[-link:])[0])
