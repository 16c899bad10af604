"""Which format a file has."""

from __future__ import annotations

from pathlib import Path

import pytest

from medopt.errors import MedOptError
from medopt.io.formats import FORMATS, by_suffix, format_of, suffixes


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.nrrd", "NRRD"),
        ("A.NRRD", "NRRD"),
        ("a.seg.nrrd", "Slicer segmentation"),
        ("a.nhdr", "NRRD with a separate header"),
        ("a.b.nii.gz", "NIfTI"),
        ("a.nii", "NIfTI"),
        ("a.mha", "MetaImage"),
        ("a.mhd", "MetaImage with a separate header"),
        ("a.JPG", "PNG, JPEG, TIFF"),
        ("a.dcm", "DICOM"),
    ],
)
def test_by_suffix(name: str, expected: str) -> None:
    found = by_suffix(Path(name))
    assert found is not None
    assert found.name == expected


@pytest.mark.parametrize("name", ["a.gz", "a.txt", "a", "nrrd"])
def test_other_names(name: str) -> None:
    assert by_suffix(Path(name)) is None


def test_every_suffix_finds_its_own_format() -> None:
    for one in FORMATS:
        for suffix in one.suffixes:
            assert by_suffix(Path("x" + suffix)) is one
    assert len(set(suffixes())) == len(suffixes())


def test_a_folder_and_files_that_begin_as_dicom(tmp_path: Path) -> None:
    assert format_of(tmp_path).name == "DICOM"
    (tmp_path / "IM0001").write_bytes(bytes(128) + b"DICM" + bytes(9))
    assert format_of(tmp_path / "IM0001").name == "DICOM"


@pytest.mark.parametrize("data", [b"x", b"x" * 500])
def test_unknown_files_name_what_is_known(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "notes.txt").write_bytes(data)
    with pytest.raises(MedOptError, match=r"notes\.txt: unknown file format: expected .*\.nii\.gz.*\.dcm"):
        format_of(tmp_path / "notes.txt")


def test_a_missing_file_without_suffix(tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match="does not exist"):
        format_of(tmp_path / "absent")
