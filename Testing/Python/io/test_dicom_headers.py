"""Header values that cannot be trusted."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from medopt.errors import MedOptError
from medopt.io import read_image
from medopt.io.dicom_headers import (
    code,
    item,
    items,
    looks_like_dicom,
    number,
    numbers,
    read_dataset,
    read_header,
    text,
)


def raw(keyword: str, vr: str, value: bytes) -> Dataset:
    """A data set as read from a file, with an element whose bytes were never checked."""
    from pydicom.datadict import tag_for_keyword
    from pydicom.dataelem import RawDataElement
    from pydicom.tag import Tag

    tag = Tag(tag_for_keyword(keyword))
    dataset = Dataset()
    dataset._dict[tag] = RawDataElement(tag, vr, len(value), value, 0, False, True)
    return dataset


def test_beginnings() -> None:
    assert looks_like_dicom(bytes(128) + b"DICM")
    assert looks_like_dicom(b"\x08\x00\x05\x00CS" + bytes(200))
    assert not looks_like_dicom(bytes(200))
    assert not looks_like_dicom(b"DICM" + bytes(200))
    assert not looks_like_dicom(b"")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(b"1\\2\\3", (1.0, 2.0, 3.0)), (b"1\\2", None), (b"1\\x\\3", None), (b"", None), (b"1\\\\3", None)],
)
def test_numbers(value: bytes, expected: tuple | None) -> None:
    assert numbers(raw("ImagePositionPatient", "DS", value), "ImagePositionPatient", 3) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(b"2.5 ", 2.5), (b"2.5\\9", 2.5), (b"", None), (b"abc", None), (b"nan", None)]
)
def test_number(value: bytes, expected: float | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert number(raw("SliceThickness", "DS", value), "SliceThickness") == expected


def test_pydicom_neither_warns_nor_logs_values(caplog: pytest.LogCaptureFixture) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert text(raw("PatientAge", "AS", b"Mustermann^Erika"), "PatientAge")
        assert number(raw("SliceThickness", "DS", b"Mustermann^Erika"), "SliceThickness") is None
    assert caplog.text == ""
    logging.getLogger("pydicom").warning("heard again afterwards")
    assert "heard again" in caplog.text


@pytest.mark.parametrize(
    ("value", "expected"),
    [(b"CT", "CT"), (b"ct ", "CT"), (b"Mustermann^Erika", ""), (b"CT\\MR", ""), (b"A" * 17, ""), (b"", "")],
)
def test_codes_hold_nothing_else(value: bytes, expected: str) -> None:
    assert code(raw("Modality", "CS", value), "Modality") == expected


def test_items_of_what_is_no_sequence() -> None:
    assert items(raw("PixelMeasuresSequence", "LO", b"text"), "PixelMeasuresSequence") == []
    assert items(raw("Rows", "US", b"123"), "Rows") == []


def test_absent_elements() -> None:
    assert number(Dataset(), "Rows") is None
    assert numbers(Dataset(), "PixelSpacing", 2) is None
    assert text(Dataset(), "Modality") == ""
    assert item(Dataset(), "PixelMeasuresSequence") is None
    assert item(None, "PixelMeasuresSequence") is None


def test_text_of_several_values() -> None:
    assert text(raw("ImageType", "CS", b"ORIGINAL\\MOSAIC "), "ImageType") == "ORIGINAL\\MOSAIC"


def test_header_stops_before_the_pixels() -> None:
    path = Path(get_testdata_file("CT_small.dcm"))
    assert "PixelData" not in read_header(path)
    assert "PixelData" in read_dataset(path)
    assert "PatientName" not in read_header(path, ["Modality"])


def test_a_file_without_preamble_is_read(tmp_path: Path) -> None:
    whole = read_dataset(Path(get_testdata_file("CT_small.dcm")))
    whole.preamble = None
    bare = tmp_path / "old.dcm"
    from pydicom.filebase import DicomFileLike
    from pydicom.filewriter import write_dataset

    with open(bare, "wb") as stream:
        target = DicomFileLike(stream)
        target.is_little_endian, target.is_implicit_VR = True, True
        del whole.file_meta
        write_dataset(target, whole)
    assert text(read_header(bare), "Modality") == "CT"


@pytest.mark.parametrize("data", [bytes(128) + b"DICM" + b"\xff" * 50, b"GIF89a" + bytes(200)])
def test_damage_is_one_clear_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "scan.dcm").write_bytes(data)
    with pytest.raises(MedOptError, match=r"scan\.dcm: .*(damaged|another type|no image)"):
        read_image(tmp_path / "scan.dcm")
