"""A picture as PNG bytes, without a library, so that the same picture always gives the same bytes."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

GREY, COLOR = 0, 6
"""Kinds of pixel: one sample, or red, green, blue and opacity."""


def grey_png(picture: NDArray[np.uint8]) -> bytes:
    """PNG (ISO/IEC 15948) of a picture (row, column) uint8, 0 black."""
    rows, columns = picture.shape
    lines = np.zeros((rows, columns + 1), np.uint8)  # each line begins with its filter: 1, difference to the left
    lines[:, 0] = 1
    lines[:, 1] = picture[:, 0]
    lines[:, 2:] = picture[:, 1:] - picture[:, :-1]
    return _png(lines, columns, GREY)


def color_png(picture: NDArray[np.uint8]) -> bytes:
    """PNG (ISO/IEC 15948) of a picture (row, column, 4) uint8: red, green, blue and opacity."""
    rows, columns, _ = picture.shape
    lines = np.zeros((rows, columns * 4 + 1), np.uint8)
    lines[:, 0] = 1
    steps = picture.copy()
    steps[:, 1:] -= picture[:, :-1]
    lines[:, 1:] = steps.reshape(rows, -1)
    return _png(lines, columns, COLOR)


def _png(lines: NDArray[np.uint8], columns: int, kind: int) -> bytes:
    header = struct.pack(">IIBBBBB", columns, len(lines), 8, kind, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
