"""Voxels from bytes: exact reads that notice when a file ends too early or was damaged on its way."""

from __future__ import annotations

import bz2
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError

COPY_AGAIN = "Copy or download the file again"
PIECE = 1 << 20
DEFLATE_LIMIT = 1032
"""Deflate never packs more than this many bytes into one (zlib's technical notes): a header that claims more lies."""
BZIP2_LIMIT = 1 << 20
"""bzip2 packs a block of 900,000 equal bytes into about 45; a generous bound on its ratio."""


@contextmanager
def open_file(path: Path) -> Iterator[BinaryIO]:
    """Open ``path`` for reading bytes; missing, unreadable and empty files are MedOptErrors that name it."""
    if "\0" in str(path):
        raise damaged(path.parent, "names of files", "a zero byte within one")
    try:
        with open(path, "rb") as stream:
            if os.fstat(stream.fileno()).st_size == 0:
                raise MedOptError("the file is empty", where=path, remedy=COPY_AGAIN)
            yield stream
    except FileNotFoundError:
        raise MedOptError("the file does not exist", where=path, remedy="Check the path") from None
    except IsADirectoryError:
        raise MedOptError("not a file but a folder", where=path) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise MedOptError("the file cannot be read", where=path, found=reason) from error
    except UnicodeError:
        raise MedOptError("the file name cannot be used on this system", where=ascii(str(path))) from None


def damaged(path: Path, expected: str, found: str) -> MedOptError:
    """The error for a file whose content is not what its format asks for."""
    return MedOptError("the file is damaged or of another type", where=path, expected=expected, found=found)


def truncated(path: Path, expected: int, found: int) -> MedOptError:
    """The error for a file with fewer bytes of voxels than its header promises."""
    return MedOptError(
        "the file is truncated",
        where=path,
        expected=f"{expected:,} bytes of voxels",
        found=f"{found:,}",
        remedy=COPY_AGAIN,
    )


def read_raw(stream: BinaryIO, count: int, dtype: np.dtype, path: Path) -> NDArray:
    """``count`` uncompressed values from the stream's position on: a new, writeable array in native byte order."""
    need = count * dtype.itemsize
    there = os.fstat(stream.fileno()).st_size - stream.tell()
    if there < need:
        raise truncated(path, need, max(there, 0))
    array = _allocate(count, dtype, path)
    view = byte_view(array)
    done = 0
    while done < need:
        got = stream.readinto(view[done:])  # type: ignore[attr-defined]
        if not got:
            raise truncated(path, need, done)
        done += got
    return _native(array)


def read_deflated(stream: BinaryIO, count: int, dtype: np.dtype, path: Path, *, skip: int = 0) -> NDArray:
    """The same from a gzip or zlib stream, after ``skip`` decompressed bytes; its check sum is verified."""
    need = skip + count * dtype.itemsize
    there = os.fstat(stream.fileno()).st_size - stream.tell()
    if need > (there + 64) * DEFLATE_LIMIT:
        raise truncated(path, need - skip, 0)
    return _read_packed(stream, lambda: zlib.decompressobj(wbits=47), count, dtype, path, skip)


def read_bzip2(stream: BinaryIO, count: int, dtype: np.dtype, path: Path) -> NDArray:
    """The same from a bzip2 stream."""
    there = os.fstat(stream.fileno()).st_size - stream.tell()
    if count * dtype.itemsize > (there + 64) * BZIP2_LIMIT:
        raise truncated(path, count * dtype.itemsize, 0)
    return _read_packed(stream, bz2.BZ2Decompressor, count, dtype, path, 0)


def read_text_numbers(stream: BinaryIO, count: int, dtype: np.dtype, path: Path) -> NDArray:
    """``count`` numbers written as text and separated by white space or commas."""
    words = stream.read().replace(b",", b" ").split()
    if len(words) < count:
        raise MedOptError("the file is truncated", where=path, expected=f"{count:,} numbers", found=f"{len(words):,}")
    try:
        if dtype.kind in "iu":
            return np.array([int(word) for word in words[:count]], dtype.newbyteorder("="))
        return np.array([float(word) for word in words[:count]], dtype.newbyteorder("="))
    except (ValueError, OverflowError) as error:
        raise damaged(path, f"numbers of type {dtype.name}", str(error)) from None


def deflated_prefix(stream: BinaryIO, length: int, path: Path) -> bytes:
    """The first ``length`` decompressed bytes of a gzip stream, or fewer if it ends earlier."""
    unpack = zlib.decompressobj(wbits=47)
    parts: list[bytes] = []
    have = 0
    try:
        while have < length and not unpack.eof:
            piece = unpack.unconsumed_tail or stream.read(4096)
            if not piece:
                break
            part = unpack.decompress(piece, length - have)
            parts.append(part)
            have += len(part)
    except zlib.error as error:
        raise damaged(path, "gzip data", str(error)) from None
    return b"".join(parts)


def _read_packed(
    stream: BinaryIO, unpacker: Callable[[], object], count: int, dtype: np.dtype, path: Path, skip: int
) -> NDArray:
    array = _allocate(count, dtype, path)
    view = byte_view(array)
    need = array.nbytes
    done = -skip
    try:
        for part in _unpacked(stream, unpacker):
            data = memoryview(part)
            if done < 0:
                drop = min(-done, len(data))
                data, done = data[drop:], done + drop
            take = min(need - done, len(data))
            if take > 0:
                view[done : done + take] = data[:take]
                done += take
    except EOFError:
        raise truncated(path, need, max(done, 0)) from None
    except (zlib.error, OSError) as error:
        raise MedOptError(
            "the compressed voxels are damaged", where=path, found=str(error), remedy=COPY_AGAIN
        ) from None
    if done < need:
        raise truncated(path, need, max(done, 0))
    return _native(array)


def _unpacked(stream: BinaryIO, unpacker: Callable[[], object]) -> Iterator[bytes]:
    """Decompressed pieces up to the end of the last member; EOFError where a member stops too early.

    Runs to the end, also past the voxels, because the check sum stands there. Bytes after a complete member
    that start no new one are padding.
    """
    unpack = unpacker()
    members = 0
    data = b""
    while True:
        data = data or stream.read(PIECE)
        if not data:
            if members:
                return
            raise EOFError
        try:
            yield unpack.decompress(data)  # type: ignore[attr-defined]
        except (zlib.error, OSError):
            if members:
                return
            raise
        data = b""
        while not unpack.eof:  # type: ignore[attr-defined]
            piece = stream.read(PIECE)
            if not piece:
                raise EOFError
            yield unpack.decompress(piece)  # type: ignore[attr-defined]
        members += 1
        data = unpack.unused_data  # type: ignore[attr-defined]
        unpack = unpacker()


def _allocate(count: int, dtype: np.dtype, path: Path) -> NDArray:
    try:
        return np.empty(count, dtype)
    except (MemoryError, ValueError):
        raise MedOptError(
            "the volume does not fit in memory", where=path, found=f"{count * dtype.itemsize / 2**30:,.0f} GiB"
        ) from None


def byte_view(array: NDArray) -> memoryview:
    """The bytes of a C-contiguous array, without a copy."""
    return array.reshape(-1).view(np.uint8).data


def _native(array: NDArray) -> NDArray:
    if array.dtype.isnative:
        return array
    return array.byteswap(inplace=True).view(array.dtype.newbyteorder("="))
