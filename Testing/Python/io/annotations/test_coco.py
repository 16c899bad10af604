from __future__ import annotations

import json
from pathlib import Path

import pytest

from medopt.errors import MedOptError
from medopt.io.annotations import read_coco

GOOD = {
    "info": {"contributor": "Jane Doe"},
    "images": [
        {"id": 7, "file_name": "a/x.png", "width": 20, "height": 10},
        {"id": 8, "file_name": "y.png"},
    ],
    "annotations": [
        {"image_id": 7, "category_id": 3, "bbox": [0, 0, 20, 10]},
        {"image_id": 7, "category_id": 1, "segmentation": [[2, 3, 6, 3, 6, 8]]},
    ],
    "categories": [{"id": 1, "name": "cyst"}, {"id": 3, "name": "nodule"}, {"id": 4, "name": "cat"}],
}


def read(folder: Path, value: object):
    (folder / "a.json").write_text(json.dumps(value))
    return read_coco(folder / "a.json")


def test_boxes_are_distances_from_the_outer_edge(tmp_path: Path) -> None:
    sheet = read(tmp_path, GOOD)
    whole, polygon = sheet.entries["a/x.png"].boxes
    assert (whole.name, whole.lower, whole.upper) == ("nodule", (-0.5, -0.5, -0.5), (0.5, 9.5, 19.5))
    assert (polygon.name, polygon.lower, polygon.upper) == ("cyst", (-0.5, 2.5, 1.5), (0.5, 7.5, 5.5))
    assert (sheet.entries["a/x.png"].size, sheet.entries["y.png"].size) == ((20, 10), None)
    assert sheet.entries["y.png"].boxes == ()
    assert sheet.names == ("cyst", "nodule")
    assert sheet.looked_for == ("cyst", "nodule", "cat")
    assert "Doe" not in repr(sheet)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": None}, "a COCO file with"),
        ({"images": [{"id": 1}]}, "images with id and file_name"),
        ({"annotations": [{"image_id": 99, "category_id": 1, "bbox": [0, 0, 1, 1]}]}, r"at annotations\[0\]"),
        ({"annotations": [{"image_id": 7, "category_id": 1, "bbox": [0, 0, 1]}]}, r"at annotations\[0\]"),
        ({"annotations": [{"image_id": 7, "category_id": 9, "bbox": [0, 0, 1, 1]}]}, r"at annotations\[0\]"),
    ],
)
def test_damaged_files(tmp_path: Path, changes: dict, message: str) -> None:
    with pytest.raises(MedOptError, match=message):
        read(tmp_path, {**GOOD, **changes})
