"""Pictures that end early: none is taken for complete."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from medopt.errors import MedOptError
from medopt.io import read_image
from medopt.io.picture_ends import check_complete, picture_kind


@pytest.fixture(params=[".png", ".jpg", ".tif"])
def picture(request: pytest.FixtureRequest, tmp_path: Path, rng: np.random.Generator) -> Path:
    path = tmp_path / f"scan{request.param}"
    array = rng.integers(0, 255, (40, 50)).astype(np.uint8)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(path))
    return path


def test_complete_pictures_pass(picture: Path) -> None:
    assert read_image(picture).array.shape == (1, 1, 40, 50)


def test_bytes_after_the_end_do_no_harm(picture: Path) -> None:
    expected = read_image(picture).array
    picture.write_bytes(picture.read_bytes() + b"trailing bytes of some other program")
    np.testing.assert_array_equal(read_image(picture).array, expected)


def test_every_early_end_is_refused(picture: Path) -> None:
    data = picture.read_bytes()
    ends = sorted({*range(1, 60), *range(60, len(data), 97), *range(len(data) - 20, len(data))})
    for end in ends:
        picture.write_bytes(data[:end])
        with pytest.raises(MedOptError, match=rf"scan\{picture.suffix}: "):
            read_image(picture)


def test_a_thumbnail_is_not_the_end_of_a_jpeg(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "a.jpg"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(rng.integers(0, 255, (40, 50)).astype(np.uint8)), str(path))
    data = path.read_bytes()
    inside = b"\xff\xd8 thumbnail \xff\xd9"
    with_thumbnail = data[:2] + b"\xff\xe1" + struct.pack(">H", len(inside) + 2) + inside + data[2:]
    path.write_bytes(with_thumbnail)
    np.testing.assert_array_equal(read_image(path).array.shape, (1, 1, 40, 50))
    path.write_bytes(with_thumbnail[:-300])
    with pytest.raises(MedOptError, match="truncated"):
        read_image(path)


def tiff(order: str, big: bool, strip: tuple[int, int], length: int) -> bytes:
    """One page of 1 × 8 grey pixels whose strip has this (offset, size), in a file of ``length`` bytes."""
    entries = [(256, 4, 8), (257, 4, 1), (258, 4, 8), (259, 4, 1), (262, 4, 1), (273, 4, strip[0]), (279, 4, strip[1])]
    if big:
        head = struct.pack(order + "2sHHHQ", b"II" if order == "<" else b"MM", 43, 8, 0, 16)
        table = struct.pack(order + "Q", len(entries))
        table += b"".join(struct.pack(order + "HHQI4x", t, k, 1, v) for t, k, v in entries)
        table += struct.pack(order + "Q", 0)
    else:
        head = struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, 8)
        table = struct.pack(order + "H", len(entries))
        table += b"".join(struct.pack(order + "HHII", t, k, 1, v) for t, k, v in entries)
        table += struct.pack(order + "I", 0)
    return (head + table).ljust(length, b"\x07")


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_strips_of_a_tiff_must_lie_within_the_file(tmp_path: Path, order: str, big: bool) -> None:
    for strip, complete in (((290, 10), True), ((291, 10), False), ((10_000, 1), False)):
        path = tmp_path / "a.tif"
        path.write_bytes(tiff(order, big, strip, 300))
        with open(path, "rb") as stream:
            assert picture_kind(stream, path) == "tiff"
            if complete:
                check_complete(stream, "tiff", path)
            else:
                with pytest.raises(MedOptError, match="truncated"):
                    check_complete(stream, "tiff", path)


def test_a_tiff_whose_pages_run_in_a_circle(tmp_path: Path) -> None:
    data = bytearray(tiff("<", False, (290, 10), 300))
    end = 8 + 2 + 7 * 12
    data[end : end + 4] = struct.pack("<I", 8)
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(MedOptError, match="truncated or damaged"):
        read_image(tmp_path / "a.tif")


def test_too_few_bytes_for_any_kind(tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match="2 other bytes"):
        picture_kind(io.BytesIO(b"\x89P"), tmp_path / "a.png")
