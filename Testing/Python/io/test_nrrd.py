"""NRRD volumes, with SimpleITK on the other side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.io import read_geometry, read_image
from medopt.io.nrrd import read_nrrd, write_nrrd


@pytest.mark.parametrize("compress", [False, True])
def test_key_value_pairs_travel_with_the_voxels(tmp_path: Path, oblique: Geometry, compress: bool) -> None:
    array = np.arange(2 * 480, dtype=np.int16).reshape(2, *oblique.shape)
    write_nrrd(tmp_path / "a.nrrd", array, oblique, kind="list", pairs={"Größe": "a\nb"}, compress=compress)
    header, image = read_nrrd(tmp_path / "a.nrrd")
    assert header.pairs == {"Größe": "a\nb"}
    np.testing.assert_array_equal(image.array, array)
    assert image.array.flags.c_contiguous


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii"])
@pytest.mark.parametrize("endian", ["little", "big"])
def test_encodings(tmp_path: Path, encoding: str, endian: str) -> None:
    import bz2
    import gzip

    values = np.random.default_rng(1).integers(-9, 9, 24).astype("<i2" if endian == "little" else ">i2")
    data = {
        "raw": values.tobytes(),
        "gzip": gzip.compress(values.tobytes()),
        "bzip2": bz2.compress(values.tobytes()),
        "ascii": " ".join(map(str, values)).encode(),
    }[encoding]
    header = f"NRRD0004\ntype: short\ndimension: 3\nsizes: 4 3 2\nendian: {endian}\nencoding: {encoding}\n\n"
    (tmp_path / "a.nrrd").write_bytes(header.encode() + data)
    np.testing.assert_array_equal(read_image(tmp_path / "a.nrrd").array.ravel(), values)


@pytest.mark.parametrize("skip", ["byte skip: 7", "byte skip: -1", "line skip: 1"])
def test_voxels_beside_the_header_after_other_bytes(tmp_path: Path, skip: str) -> None:
    values = np.arange(24, dtype="<i2")
    (tmp_path / "a.raw").write_bytes(b"junk..\n" + values.tobytes())
    header = "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 3 2\nendian: little\nencoding: raw\n"
    (tmp_path / "a.nhdr").write_text(header + skip + "\ndata file: a.raw\n")
    np.testing.assert_array_equal(read_image(tmp_path / "a.nhdr").array.ravel(), values)


@pytest.mark.parametrize("names", ["LIST\na.1\na.2\n", "a.%d 1 2 1\n"])
def test_one_file_a_slice(tmp_path: Path, names: str) -> None:
    values = np.arange(24, dtype="<i2")
    (tmp_path / "a.1").write_bytes(values[:12].tobytes())
    (tmp_path / "a.2").write_bytes(values[12:].tobytes())
    header = "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 3 2\nendian: little\nencoding: raw\ndata file: "
    (tmp_path / "a.nhdr").write_text(header + names)
    np.testing.assert_array_equal(read_image(tmp_path / "a.nhdr").array.ravel(), values)
    (tmp_path / "a.2").unlink()
    with pytest.raises(MedOptError, match=r"a\.2: the file does not exist"):
        read_image(tmp_path / "a.nhdr")


def test_itk_pairs_of_header_and_voxels(tmp_path: Path, rng: np.random.Generator) -> None:
    array = rng.integers(0, 99, (3, 4, 5)).astype(np.uint16)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(tmp_path / "a.nhdr"))
    np.testing.assert_array_equal(read_image(tmp_path / "a.nhdr").array[0], array)


def test_slowest_axis_of_channels(tmp_path: Path) -> None:
    values = np.arange(48, dtype="<i2")
    header = "NRRD0004\ntype: short\ndimension: 4\nsizes: 4 3 2 2\nkinds: domain domain domain list\n"
    (tmp_path / "a.nrrd").write_bytes(f"{header}endian: little\nencoding: raw\n\n".encode() + values.tobytes())
    np.testing.assert_array_equal(read_image(tmp_path / "a.nrrd").array, values.reshape(2, 2, 3, 4))


def test_unknown_encoding(tmp_path: Path) -> None:
    header = "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 3 2\nendian: little\nencoding: hex\n\n00"
    (tmp_path / "a.nrrd").write_text(header)
    with pytest.raises(MedOptError, match=r"unknown encoding.*raw, gzip"):
        read_image(tmp_path / "a.nrrd")
    assert read_geometry(tmp_path / "a.nrrd").shape == (2, 3, 4)


def test_sizes_that_promise_the_moon(tmp_path: Path) -> None:
    for encoding in ("raw", "gzip", "bzip2"):
        header = "NRRD0004\ntype: short\ndimension: 3\nsizes: 99999999 99999999 99999999\n"
        header += f"endian: little\nencoding: {encoding}\n\n"
        (tmp_path / "a.nrrd").write_text(header + "few bytes")
        with pytest.raises(MedOptError, match="truncated"):
            read_image(tmp_path / "a.nrrd")
