"""NRRD headers: what they say of the grid, with ITK as the judge."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.io.nrrd_header import header_text, read_header

VOXELS = np.arange(24, dtype="<i2")
HERE = Path("scan.nrrd")


def parse(text: str):
    return read_header(io.BytesIO(text.encode()), HERE)


def plain(*lines: str) -> str:
    fields = {"type": "short", "dimension": "3", "sizes": "4 3 2", "endian": "little", "encoding": "raw"}
    fields |= dict(line.split(": ", 1) for line in lines)
    return "NRRD0005\n" + "".join(f"{k}: {v}\n" for k, v in fields.items()) + "\n"


@pytest.mark.parametrize(
    "lines",
    [
        ("space: left-posterior-superior", "space directions: (2,0,0) (0,3,0) (0,0,4)", "space origin: (1,2,3)"),
        ("space: right-anterior-superior", "space directions: (2,0,0) (0,3,0) (0,0,4)", "space origin: (1,2,3)"),
        ("space: RAS", "space directions: (0,2,0) (3,0,0) (0,0,-4)", "space origin: (1,2,3)"),
        ("space: left-anterior-superior", "space directions: (2,0,0) (0,3,0) (0,0,4)", "space origin: (1,2,3)"),
        ("space: LPS", "space directions: (1.6,1.2,0) (-1.2,1.6,0) (0,0,4)", "space origin: (1,2,3)"),
        ("space dimension: 3", "space directions: (2,0,0) (0,3,0) (0,0,4)", "space origin: (-1,-2,-3)"),
        ("space: scanner-xyz", "space directions: (2,0,0) (0,3,0) (0,0,4)", "space origin: (1,2,3)"),
        ("spacings: 2 3 4",),
        ("spacings: 2 3 4", "kinds: domain domain domain"),
        (),
    ],
)
def test_grid_agrees_with_itk(tmp_path: Path, lines: tuple[str, ...]) -> None:
    path = tmp_path / "scan.nrrd"
    path.write_bytes(plain(*lines).encode() + VOXELS.tobytes())
    image = SimpleITK.ReadImage(str(path))
    expected = Geometry.from_itk(image.GetSize(), image.GetSpacing(), image.GetOrigin(), image.GetDirection())
    assert parse(plain(*lines)).geometry.is_close(expected, 1e-9)


@pytest.mark.parametrize(
    ("lines", "axis"),
    [
        (("dimension: 4", "sizes: 5 4 3 2", "kinds: vector domain domain domain"), 0),
        (("dimension: 4", "sizes: 4 3 2 5", "kinds: domain domain domain list"), 3),
        (("dimension: 4", "sizes: 4 3 2 5"), 3),
        (("dimension: 4", "sizes: 5 4 3 2", "space: LPS", "space directions: none (1,0,0) (0,1,0) (0,0,1)"), 0),
        (("dimension: 4", "sizes: 4 5 3 2", "space: LPS", "space directions: (1,0,0) none (0,1,0) (0,0,1)"), 1),
        (
            ("dimension: 4", "sizes: 5 4 3 2", "space: LPS", "space directions: (nan,nan,nan) (1,0,0) (0,1,0) (0,0,1)"),
            0,
        ),
        ((), None),
    ],
)
def test_axis_of_channels(lines: tuple[str, ...], axis: int | None) -> None:
    header = parse(plain(*lines))
    assert header.channel_axis == axis
    assert header.geometry.shape == (2, 3, 4)


def test_two_dimensions_get_a_third_across() -> None:
    header = parse(plain("dimension: 2", "sizes: 4 3", "space: LPS", "space directions: (0,2,0) (0,0,3)"))
    assert header.geometry.shape == (1, 3, 4)
    assert header.geometry.spacing == (1.0, 3.0, 2.0)
    np.testing.assert_array_equal(np.asarray(header.geometry.direction)[:, 0], [1, 0, 0])


def test_key_value_pairs_are_unescaped_and_comments_skipped() -> None:
    header = parse(plain().rstrip("\n") + "\n# a comment: not a field\nkey one:=a\\nb\\\\c:=d\nname:=Größe 뇌\n\n")
    assert header.pairs == {"key one": "a\nb\\c:=d", "name": "Größe 뇌"}


def test_windows_line_ends_and_field_spellings() -> None:
    header = parse("NRRD0004\r\nType: unsigned char\r\nDIMENSION: 3\r\nsizes: 4 3 2\r\nline skip: 0\r\n\r\n")
    assert header.dtype == np.uint8
    assert header.encoding == "raw"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("signed char", "i1"), ("uchar", "u1"), ("short", "i2"), ("unsigned short int", "u2"), ("int", "i4"),
     ("uint", "u4"), ("long long", "i8"), ("uint64_t", "u8"), ("float", "f4"), ("double", "f8")],
)  # fmt: skip
def test_types(name: str, expected: str) -> None:
    assert parse(plain(f"type: {name}")).dtype == np.dtype(expected)


def test_big_endian() -> None:
    assert parse(plain("endian: big")).dtype == np.dtype(">i2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("P5 4 3 255\n", "no NRRD signature"),
        ("NRRD0004\ntype: short\n", "ends within it"),
        ("NRRD0004\ntype: short\ndimension: 3\n\n", "field 'sizes'"),
        (plain("type: complex"), "a voxel type such as"),
        (plain("endian: middle"), "little or big"),
        (plain("sizes: 4 3"), "3 sizes of at least 1"),
        (plain("sizes: 4 0 2"), "3 sizes of at least 1"),
        (plain("sizes: 4 -3 2"), "3 sizes of at least 1"),
        (plain("sizes: 4 x 2"), "whole numbers"),
        (plain("dimension: 1", "sizes: 4"), "2 or 3 axes"),
        (plain("dimension: 5", "sizes: 4 3 2 2 2"), "2 or 3 axes"),
        (plain("space: LPS", "space directions: (1,0,0) (0,1,0)"), "3 space directions"),
        (plain("space: LPS", "space directions: (1,0,0) (0,a,0) (0,0,1)"), "a vector such as"),
        (plain("space: LPS", "space directions: (1,0,0) (0,1) (0,0,1,1)"), "a vector of 2 or 3"),
        (plain("space: LPS", "space directions: (1,0,0) (0.5,1,0) (0,0,1)"), "sheared"),
        (plain("space: LPS", "space directions: (1,0,0) (0,0,0) (0,0,1)"), "orientation is not usable"),
        (plain("spacings: 1 2"), "3 numbers in 'spacings'"),
        (plain().rstrip("\n") + "\nno colon here\n\n", "lines of the form"),
    ],
)  # fmt: skip
def test_headers_that_are_wrong(text: str, message: str) -> None:
    with pytest.raises(MedOptError, match=f"scan.nrrd: .*{message}"):
        parse(text)


def test_what_is_written_is_read_exactly(oblique: Geometry) -> None:
    pairs = {"Name": "line\nbreak \\ 뇌", "k:v": "x"}
    text = header_text(np.dtype("int16"), 3, oblique, kind="list", encoding="raw", pairs={"Name": pairs["Name"]})
    header = parse(text)
    assert header.geometry.is_close(oblique, 1e-13)
    assert header.sizes == (3, 10, 8, 6)
    assert header.pairs == {"Name": pairs["Name"]}
