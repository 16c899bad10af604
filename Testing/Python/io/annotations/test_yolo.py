from __future__ import annotations

from pathlib import Path

import pytest

from medopt.errors import MedOptError
from medopt.io.annotations import ImageBoxes, read_yolo


def test_shares_of_the_image(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1 0.5 0.5 1 1\n0 0.25 0.5 0.1 0.2 0.93\n")
    (tmp_path / "b.txt").write_text("")
    (tmp_path / "classes.txt").write_text("cyst\nnodule\n")
    sheet = read_yolo(tmp_path)
    whole, small = (box.on_slice(40, 20) for box in sheet.entries["a"].boxes)
    assert (whole.name, whole.lower, whole.upper) == ("nodule", (-0.5, -0.5, -0.5), (0.5, 19.5, 39.5))
    assert small.name == "cyst"
    assert small.lower[1:] == pytest.approx((7.5, 7.5))
    assert small.upper[1:] == pytest.approx((11.5, 11.5))
    assert sheet.entries["b"] == ImageBoxes()
    assert sheet.looked_for == ("cyst", "nodule")


@pytest.mark.parametrize("names", ["names: [cyst, nodule]", "names:\n  0: cyst\n  1: nodule\n"])
def test_names_from_yaml_above_the_folder(tmp_path: Path, names: str) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("1 0.5 0.5 1 1\n")
    (tmp_path / "data.yaml").write_text(names)
    assert read_yolo(tmp_path / "labels").names == ("nodule",)


def test_numbers_without_names(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("2 0.5 0.5 1 1\n")
    sheet = read_yolo(tmp_path)
    assert (sheet.names, sheet.looked_for) == (("#2",), None)


@pytest.mark.parametrize("line", ["1 2 3", "x 0.1 0.1 0.1 0.1", "9 0.5 0.5 1 1", "-1 0.5 0.5 1 1"])
def test_a_damaged_file_harms_no_other(tmp_path: Path, line: str) -> None:
    (tmp_path / "classes.txt").write_text("cyst\n")
    (tmp_path / "good.txt").write_text("0 0.5 0.5 1 1\n")
    (tmp_path / "bad.txt").write_text(f"0 0.5 0.5 1 1\n{line}\n")
    entries = read_yolo(tmp_path).entries
    assert isinstance(entries["good"], ImageBoxes)
    with pytest.raises(MedOptError, match="something else in line 2"):
        raise entries["bad"]
