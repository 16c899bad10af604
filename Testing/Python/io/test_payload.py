"""Bytes to voxels: every early end and every flipped bit is noticed."""

from __future__ import annotations

import bz2
import gzip
import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt.errors import MedOptError
from medopt.io.payload import (
    byte_view,
    deflated_prefix,
    open_file,
    read_bzip2,
    read_deflated,
    read_raw,
    read_text_numbers,
)

VALUES = np.random.default_rng(5).integers(-3000, 3000, 5000).astype("<i2")
BIG = np.dtype(">i2")
LITTLE = np.dtype("<i2")


def write(folder: Path, data: bytes) -> Path:
    path = folder / "voxels.bin"
    path.write_bytes(data)
    return path


def test_raw_big_endian_becomes_native_and_writeable(tmp_path: Path) -> None:
    path = write(tmp_path, VALUES.astype(BIG).tobytes())
    with open_file(path) as stream:
        values = read_raw(stream, VALUES.size, BIG, path)
    assert values.dtype == np.int16
    assert values.dtype.isnative
    assert values.flags.writeable
    np.testing.assert_array_equal(values, VALUES)


@pytest.mark.parametrize("keep", [0, 1, 2, 4999, 9999])
def test_raw_that_ends_early(tmp_path: Path, keep: int) -> None:
    path = write(tmp_path, b"head" + VALUES.tobytes()[:keep])
    with open_file(path) as stream:
        stream.seek(4)
        with pytest.raises(MedOptError, match=rf"voxels.bin: the file is truncated: expected 10,000 .* found {keep:,}"):
            read_raw(stream, VALUES.size, LITTLE, path)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress], ids=["gzip", "zlib"])
def test_deflated_after_skipped_bytes(tmp_path: Path, pack) -> None:
    path = write(tmp_path, pack(b"12345" + VALUES.tobytes()))
    with open_file(path) as stream:
        np.testing.assert_array_equal(read_deflated(stream, VALUES.size, LITTLE, path, skip=5), VALUES)


def test_deflated_in_several_members_with_padding(tmp_path: Path) -> None:
    data = VALUES.tobytes()
    path = write(tmp_path, gzip.compress(data[:3333]) + gzip.compress(data[3333:]) + bytes(512))
    with open_file(path) as stream:
        np.testing.assert_array_equal(read_deflated(stream, VALUES.size, LITTLE, path), VALUES)


def test_deflated_that_ends_anywhere_early(tmp_path: Path) -> None:
    packed = gzip.compress(VALUES.tobytes())
    for keep in [*range(1, 40), *range(40, len(packed), 211), *range(len(packed) - 12, len(packed))]:
        path = write(tmp_path, packed[:keep])
        with open_file(path) as stream, pytest.raises(MedOptError, match=r"truncated|damaged"):
            read_deflated(stream, VALUES.size, LITTLE, path)


@given(st.data())
def test_a_flipped_bit_in_deflated_voxels_is_noticed(tmp_path_factory, data) -> None:
    """Unless it stands in the padding before the check sum and so changes nothing."""
    packed = bytearray(gzip.compress(VALUES.tobytes(), mtime=0))
    at = data.draw(st.integers(10, len(packed) - 9))
    packed[at] ^= 1 << data.draw(st.integers(0, 7))
    path = write(tmp_path_factory.mktemp("flip"), bytes(packed))
    with open_file(path) as stream:
        try:
            values = read_deflated(stream, VALUES.size, LITTLE, path)
        except MedOptError:
            return
    assert at == len(packed) - 9
    np.testing.assert_array_equal(values, VALUES)


def test_a_header_that_claims_more_than_deflate_can_hold_allocates_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(b"small"))
    with open_file(path) as stream, pytest.raises(MedOptError, match="truncated"):
        read_deflated(stream, 1 << 50, LITTLE, path)


def test_bzip2(tmp_path: Path) -> None:
    packed = bz2.compress(VALUES.tobytes())
    path = write(tmp_path, packed)
    with open_file(path) as stream:
        np.testing.assert_array_equal(read_bzip2(stream, VALUES.size, LITTLE, path), VALUES)
    path = write(tmp_path, packed[:-20])
    with open_file(path) as stream, pytest.raises(MedOptError, match="truncated"):
        read_bzip2(stream, VALUES.size, LITTLE, path)


def test_numbers_as_text(tmp_path: Path) -> None:
    path = write(tmp_path, b"1 -2\n3, 4 5")
    with open_file(path) as stream:
        np.testing.assert_array_equal(read_text_numbers(stream, 5, LITTLE, path), [1, -2, 3, 4, 5])


@pytest.mark.parametrize(("data", "message"), [(b"1 2", "truncated"), (b"1 2 x", "damaged"), (b"1 2 99999", "damaged")])
def test_text_that_is_wrong(tmp_path: Path, data: bytes, message: str) -> None:
    path = write(tmp_path, data)
    with open_file(path) as stream, pytest.raises(MedOptError, match=message):
        read_text_numbers(stream, 3, LITTLE, path)


def test_prefix_of_a_deflated_stream(tmp_path: Path) -> None:
    packed = gzip.compress(bytes(range(256)) * 40)
    assert deflated_prefix(io.BytesIO(packed), 300, tmp_path) == (bytes(range(256)) * 2)[:300]
    assert deflated_prefix(io.BytesIO(gzip.compress(b"abc")), 300, tmp_path) == b"abc"
    with pytest.raises(MedOptError, match="gzip"):
        deflated_prefix(io.BytesIO(b"no gzip at all"), 3, tmp_path)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path / "absent.nrrd", "absent.nrrd: the file does not exist"),
        (write(tmp_path, b""), "voxels.bin: the file is empty"),
        (tmp_path, "not a file but a folder"),
    ):
        with pytest.raises(MedOptError, match=message), open_file(path):
            pass


def test_byte_view_is_no_copy() -> None:
    array = np.zeros((2, 3), ">f4")
    view = byte_view(array)
    assert len(view) == 24
    view[0] = 0x40
    assert array[0, 0] == 2.0
