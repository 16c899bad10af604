"""Finding series among all that lies in a folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.io import find_series, read_dicom_series


def test_many_series_among_other_files(tmp_path: Path, write_ct: Callable) -> None:
    second = write_ct(tmp_path / "scans", number=7, suffix="")
    first = write_ct(tmp_path / "scans" / "deep" / "er", number=3)
    (tmp_path / "DICOMDIR").write_bytes(bytes(128) + b"DICM" + b"whatever")
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "empty").touch()
    (tmp_path / "broken.dcm").write_bytes(bytes(128) + b"DICM" + b"\xff" * 40)
    for name in ("rtstruct.dcm", "liver_1frame.dcm", "test-SR.dcm"):
        shutil.copy(get_testdata_file(name), tmp_path / name)
    found = find_series(tmp_path)
    assert [s.number for s in found] == [3, 7]
    assert list(found[0].files) == first.files
    assert list(found[1].files) == second.files
    assert (found[0].modality, found[0].shape, found[0].frames) == ("CT", (8, 10), 6)


def test_stacks_of_several_directions_are_told_apart(tmp_path: Path, write_ct: Callable) -> None:
    def one_series(data, k) -> None:
        data.SeriesInstanceUID = "1.2.3"

    coronal = Geometry((4, 8, 10), (3, 1, 1), direction=((0, 0, 1), (1, 0, 0), (0, -1, 0)))
    write_ct(tmp_path / "a", change=one_series)
    write_ct(tmp_path / "b", coronal, change=one_series)
    found = find_series(tmp_path)
    assert sorted(s.frames for s in found) == [4, 6]
    for series in found:
        assert read_dicom_series(series).image.geometry.shape[0] == series.frames


def test_tiny_differences_of_direction_stay_together(tmp_path: Path, write_ct: Callable) -> None:
    def jitter(data, k) -> None:
        data.ImageOrientationPatient = [1, 1e-5 * k, -1e-6 * k, -1e-5 * k, 1, 0]

    write_ct(tmp_path, change=jitter)
    assert len(find_series(tmp_path)) == 1


def test_an_empty_folder_holds_no_series(tmp_path: Path) -> None:
    assert find_series(tmp_path) == []


def test_what_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match=r"absent: the folder does not exist"):
        find_series(tmp_path / "absent")
    (tmp_path / "file").touch()
    with pytest.raises(MedOptError, match="not a folder"):
        find_series(tmp_path / "file")
