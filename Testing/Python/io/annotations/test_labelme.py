from __future__ import annotations

import json
from pathlib import Path

import pytest

from medopt.errors import MedOptError
from medopt.io.annotations import ImageBoxes, read_labelme

SHAPES = [
    {"label": "cyst", "shape_type": "rectangle", "points": [[5, 8], [1, 2]]},
    {"label": "cyst", "shape_type": "circle", "points": [[10, 10], [13, 14]]},
    {"label": "nodule", "points": [[1, 1], [4, 2], [2, 6]]},
    {"label": "note", "shape_type": "point", "points": [[1, 1]]},
]


def test_every_shape_with_an_area_is_a_box(tmp_path: Path) -> None:
    value = {"imagePath": "/home/doe/x.png", "imageWidth": 20, "imageHeight": 30, "shapes": SHAPES}
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "x.json").write_text(json.dumps(value))
    sheet = read_labelme(tmp_path)
    rectangle, circle, polygon = sheet.entries["s/x"].boxes
    assert (rectangle.lower[1:], rectangle.upper[1:]) == ((1.5, 0.5), (7.5, 4.5))
    assert (circle.lower[1:], circle.upper[1:]) == ((4.5, 4.5), (14.5, 14.5))  # the radius of 3, 4 is 5
    assert (polygon.lower[1:], polygon.upper[1:]) == ((0.5, 0.5), (5.5, 3.5))
    assert sheet.entries["s/x"].size == (20, 30)
    assert sheet.names == ("cyst", "nodule")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "with 'shapes'"),
        ('{"shapes": [{"label": "a", "points": [[1]]}]}', r"at shapes\[0\]"),
        ('{"shapes": [{"points": [[1, 2], [3, 4]]}]}', r"at shapes\[0\]"),
        ('{"shapes": [{"label": "a", "points": []}]}', r"at shapes\[0\]"),
    ],
)
def test_a_damaged_file_harms_no_other(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "good.json").write_text('{"shapes": []}')
    (tmp_path / "bad.json").write_text(text)
    entries = read_labelme(tmp_path).entries
    assert entries["good"] == ImageBoxes()
    with pytest.raises(MedOptError, match=message):
        raise entries["bad"]


def test_a_folder_without_files(tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match="no annotations"):
        read_labelme(tmp_path)
