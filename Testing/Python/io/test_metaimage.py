"""MetaImage, with SimpleITK on the other side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from numpy.testing import assert_array_equal

from medopt.errors import MedOptError
from medopt.image import Geometry, Image
from medopt.io import read_geometry, read_image, write_image


def itk_image(array: np.ndarray, geometry: Geometry, vector: bool = False) -> SimpleITK.Image:
    image = SimpleITK.GetImageFromArray(array, isVector=vector)
    _, spacing, origin, direction = geometry.to_itk()
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    image.SetDirection(direction)
    return image


@pytest.mark.parametrize("suffix", [".mha", ".mhd"])
@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_files_of_itk(tmp_path: Path, oblique: Geometry, suffix: str, compress: bool, dtype: str, rng) -> None:
    array = (rng.random(oblique.shape) * 100).astype(dtype)
    path = tmp_path / f"a{suffix}"
    SimpleITK.WriteImage(itk_image(array, oblique), str(path), compress)
    image = read_image(path)
    assert image.array.dtype == array.dtype
    assert_array_equal(image.array[0], array)
    assert image.geometry.is_close(oblique, 1e-4)
    assert read_geometry(path) == image.geometry


def test_vector_files_of_itk(tmp_path: Path, oblique: Geometry, rng) -> None:
    array = rng.integers(0, 99, (*oblique.shape, 3)).astype(np.int16)
    SimpleITK.WriteImage(itk_image(array, oblique, vector=True), str(tmp_path / "a.mha"))
    assert_array_equal(read_image(tmp_path / "a.mha").array, np.moveaxis(array, -1, 0))


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_itk_reads_what_is_written(tmp_path: Path, oblique: Geometry, compress: bool, channels: int, rng) -> None:
    array = rng.integers(-99, 99, (channels, *oblique.shape)).astype(np.int16)
    write_image(Image(array, oblique), tmp_path / "a.mha", compress=compress)
    theirs = SimpleITK.ReadImage(str(tmp_path / "a.mha"))
    values = SimpleITK.GetArrayFromImage(theirs)
    assert_array_equal(np.moveaxis(values, -1, 0) if channels > 1 else values[None], array)
    found = Geometry.from_itk(theirs.GetSize(), theirs.GetSpacing(), theirs.GetOrigin(), theirs.GetDirection())
    assert found.is_close(oblique, 1e-12)


def text(*lines: str) -> str:
    fields = {"ObjectType": "Image", "NDims": "3", "DimSize": "4 3 2", "ElementType": "MET_SHORT"}
    fields |= dict(line.split(" = ", 1) for line in lines)
    fields["ElementDataFile"] = fields.pop("ElementDataFile", "LOCAL")
    return "".join(f"{key} = {value}\n" for key, value in fields.items())


def test_big_endian_and_two_dimensions(tmp_path: Path) -> None:
    values = np.arange(12, dtype=">i2")
    head = text("NDims = 2", "DimSize = 4 3", "BinaryDataByteOrderMSB = True", "ElementSpacing = 0.5 0.25")
    (tmp_path / "a.mha").write_bytes(head.encode() + values.tobytes())
    image = read_image(tmp_path / "a.mha")
    assert image.array.shape == (1, 1, 3, 4)
    assert image.geometry.spacing == (1.0, 0.25, 0.5)
    assert_array_equal(image.array.ravel(), values)


def test_four_dimensions_become_channels(tmp_path: Path) -> None:
    values = np.arange(48, dtype="<i2")
    (tmp_path / "a.mha").write_bytes(text("NDims = 4", "DimSize = 4 3 2 2").encode() + values.tobytes())
    assert_array_equal(read_image(tmp_path / "a.mha").array, values.reshape(2, 2, 3, 4))


@pytest.mark.parametrize("names", ["LIST\na.1\na.2", "a.%d 1 2 1"])
def test_one_file_a_slice(tmp_path: Path, names: str) -> None:
    values = np.arange(24, dtype="<i2")
    (tmp_path / "a.1").write_bytes(values[:12].tobytes())
    (tmp_path / "a.2").write_bytes(values[12:].tobytes())
    (tmp_path / "a.mhd").write_text(text(f"ElementDataFile = {names}"))
    assert_array_equal(read_image(tmp_path / "a.mhd").array.ravel(), values)


def test_text_and_header_size(tmp_path: Path) -> None:
    values = np.arange(24, dtype="<i2")
    (tmp_path / "a.mha").write_bytes(text("BinaryData = False").encode() + " ".join(map(str, values)).encode())
    assert_array_equal(read_image(tmp_path / "a.mha").array.ravel(), values)
    (tmp_path / "b.raw").write_bytes(b"12345" + values.tobytes())
    for size in ("5", "-1"):
        (tmp_path / "b.mhd").write_text(text(f"HeaderSize = {size}", "ElementDataFile = b.raw"))
        assert_array_equal(read_image(tmp_path / "b.mhd").array.ravel(), values)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("ElementType = MET_STRING",), "an ElementType of"),
        (("DimSize = 4 3",), "2 to 4 sizes"),
        (("DimSize = 4 3 0",), "2 to 4 sizes"),
        (("DimSize = 4 3 x",), "complete MetaImage header"),
        (("NDims = 9",), "2 to 4 sizes"),
        (("TransformMatrix = 1 0 0 0",), "TransformMatrix of 4 numbers"),
        (("TransformMatrix = 1 0 0 0.5 1 0 0 0 1",), "sheared"),
        (("ElementSpacing = 1 1 0",), "orientation is not usable"),
        (("NDims = 4", "DimSize = 4 3 2 2", "ElementNumberOfChannels = 2"), "too many axes"),
        (("ElementDataFile = absent.raw",), "absent.raw: the file does not exist"),
        (("ElementDataFile = a\0b",), "a zero byte"),
        (("ElementDataFile = ",), "names of data files"),
    ],
)
def test_headers_that_are_wrong(tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
    (tmp_path / "a.mha").write_bytes(text(*lines).encode() + bytes(48))
    with pytest.raises(MedOptError, match=message):
        read_image(tmp_path / "a.mha")


def test_other_text_is_no_header(tmp_path: Path) -> None:
    (tmp_path / "a.mha").write_text("Dear reader\n" * 2000)
    with pytest.raises(MedOptError, match=r"a\.mha: .*a MetaImage header"):
        read_image(tmp_path / "a.mha")
