from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import Box
from medopt.io.markups import NamedBox, read_markup_boxes, write_markup_boxes


def turned_box(seed: int, *, left_handed: bool = False) -> Box:
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    if (np.linalg.det(axes) < 0) != left_handed:
        axes[:, 0] *= -1
    rows = tuple(map(tuple, axes.tolist()))
    return Box(tuple(rng.normal(0, 50, 3)), tuple(rng.uniform(1, 30, 3)), 1, rows)


def corners(box: Box | NamedBox) -> np.ndarray:
    points = Box(box.center, box.size, 1, box.axes).corners
    return points[np.lexsort(np.round(points, 6).T)]


@pytest.mark.parametrize("left_handed", [False, True])
def test_boxes_come_back(tmp_path: Path, left_handed: bool) -> None:
    boxes = [turned_box(seed, left_handed=left_handed) for seed in range(4)]
    write_markup_boxes([NamedBox.of(box, "Lesion", "#ff8000") for box in boxes], tmp_path / "a.mrk.json")
    found = read_markup_boxes(tmp_path / "a.mrk.json")
    assert [box.name for box in found.boxes] == ["Lesion"] * 4
    for one, box in zip(found.boxes, boxes, strict=True):
        np.testing.assert_allclose(corners(one), corners(box), atol=1e-9)
        assert np.linalg.det(one.axes) > 0


@pytest.mark.parametrize("left_handed", [False, True])
def test_slicer_reads_every_box_where_it_is(tmp_path: Path, scene, left_handed: bool) -> None:
    from medopt.scene import box_from_roi

    boxes = [turned_box(seed, left_handed=left_handed) for seed in range(3)]
    named = [NamedBox.of(box, f"Class {n}", "#ff8000") for n, box in enumerate(boxes)]
    write_markup_boxes(named, tmp_path / "a.mrk.json", unjudged=["Other"])
    storage = scene.AddNewNodeByClass("vtkMRMLMarkupsROIJsonStorageNode")
    for number, box in enumerate(boxes):
        node = storage.AddNewMarkupsNodeFromFile(str(tmp_path / "a.mrk.json"), None, number)
        assert (node.GetName(), node.GetNthControlPointLabel(0)) == (f"Class {number}", f"Class {number}")
        np.testing.assert_allclose(corners(box_from_roi(node, 1)), corners(box), atol=1e-4)
        assert node.GetDisplayNode().GetSelectedColor() == pytest.approx((1, 128 / 255, 0), abs=1e-6)


def test_what_slicer_saves_is_read(tmp_path: Path, scene) -> None:
    from medopt.scene import box_from_roi, roi_from_box

    box = turned_box(5)
    node = roi_from_box(scene, Box(box.center, box.size, 1, box.axes))
    node.SetNthControlPointLabel(0, "Lesion-1")
    node.SetNthControlPointDescription(0, "score 0.25")
    node.AddDefaultStorageNode()
    storage = node.GetStorageNode()
    for frame, name in ((0, "RAS"), (1, "LPS")):  # vtkMRMLStorageNode::CoordinateSystemType
        storage.SetCoordinateSystem(frame)
        storage.SetFileName(str(tmp_path / f"{name}.mrk.json"))
        assert storage.WriteData(node)
        assert json.loads((tmp_path / f"{name}.mrk.json").read_text())["markups"][0]["coordinateSystem"] == name
        (found,) = read_markup_boxes(tmp_path / f"{name}.mrk.json").boxes
        assert (found.name, found.score) == ("Lesion-1", 0.25)
        np.testing.assert_allclose(corners(found), corners(box_from_roi(node, 1)), atol=1e-4)


def test_nothing_of_the_rest_is_kept(tmp_path: Path) -> None:
    value = {
        "markups": [
            {"type": "Fiducial", "controlPoints": [{"label": "Jane Doe", "position": [0, 0, 0]}]},
            {"type": "ROI", "name": "Cyst", "center": [1, 2, 3], "size": [1, 1, 1], "description": "Jane Doe"},
        ]
    }
    (tmp_path / "a.mrk.json").write_text(json.dumps(value))
    found = read_markup_boxes(tmp_path / "a.mrk.json")
    assert [box.name for box in found.boxes] == ["Cyst"]
    assert "Jane" not in str(found)


def test_an_empty_list_is_no_boxes(tmp_path: Path) -> None:
    write_markup_boxes([], tmp_path / "a.mrk.json", unjudged=["Cyst"])
    assert read_markup_boxes(tmp_path / "a.mrk.json").boxes == ()
    assert read_markup_boxes(tmp_path / "a.mrk.json").unjudged == ("Cyst",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "expected a list of markups"),
        ("{", "the file is damaged"),
        ('{"markups": [{"type": "Line"}]}', "no boxes: expected markups of type ROI, found Line"),
        ('{"markups": [{"type": "ROI", "center": [1, 2], "size": [1, 1, 1]}]}', "other data at ROI 1"),
        ('{"markups": [{"type": "ROI", "center": [1, 2, NaN], "size": [1, 1, 1]}]}', "other data at ROI 1"),
        ('{"markups": [{"type": "ROI", "center": [1, 2, 3], "size": "x"}]}', "other data at ROI 1"),
        ('{"markups": [{"type": "ROI", "center": [1, 2, 3]}]}', "other data at ROI 1"),
        ('{"markups": [], "medopt": {"unjudged": [1]}}', "a list of class names"),
    ],
)
def test_damaged_files(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.mrk.json").write_text(text)
    with pytest.raises(MedOptError, match=message):
        read_markup_boxes(tmp_path / "a.mrk.json")
