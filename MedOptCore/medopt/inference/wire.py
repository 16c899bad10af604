"""Protocol Buffers' wire format, read without trust: every length is checked before it is used."""

from __future__ import annotations

from collections.abc import Iterator

LARGEST_VARINT_BYTES = 10
_FIXED = {1: 8, 5: 4}


class WireError(ValueError):
    """Bytes that are no Protocol Buffers message."""


def fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field of the message ``data``: an integer, or the bytes of anything longer.

    Raises WireError at the first byte that does not fit the format (groups, which ONNX has none of, included).
    """
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise WireError("a field without number")
        if kind == 0:
            value, position = _varint(data, position)
            yield number, value
            continue
        if kind == 2:
            length, position = _varint(data, position)
        elif kind in _FIXED:
            length = _FIXED[kind]
        else:
            raise WireError(f"wire type {kind}")
        if length > len(data) - position:
            raise WireError("a field that ends after the message")
        yield number, data[position : position + length]
        position += length


def varints(value: int | memoryview) -> list[int]:
    """A repeated integer, packed or one by one; as signed 64-bit numbers."""
    if isinstance(value, int):
        return [_signed(value)]
    found, position = [], 0
    while position < len(value):
        number, position = _varint(value, position)
        found.append(_signed(number))
    return found


def text(value: int | memoryview) -> str:
    """A string; raises WireError when it is no UTF-8."""
    try:
        return bytes(message(value)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise WireError("a name that is no UTF-8") from error


def message(value: int | memoryview) -> memoryview:
    """The bytes of a nested message; raises WireError for a number in its place."""
    if isinstance(value, int):
        raise WireError("a number where a message belongs")
    return value


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for n in range(LARGEST_VARINT_BYTES):
        if position >= len(data):
            break
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << (7 * n)
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, position
    raise WireError("a number without end")


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
