from __future__ import annotations

import json
from pathlib import Path

import pytest

from medopt import MedOptError
from medopt.project.annotation_formats import FORMATS, format_names, read_annotations, recognise

FILES = {
    ("detection", "voc"): {"x.xml": "<annotation/>"},
    ("detection", "coco"): {"all.json": json.dumps({"images": [], "annotations": [], "categories": []})},
    ("detection", "labelme"): {"x.json": json.dumps({"shapes": []})},
    ("detection", "yolo"): {"x.txt": "0 0.5 0.5 0.25 1e-3\n", "classes.txt": "a b c\n"},
    ("detection", "csv"): {"all.csv": "image,xmin,ymin,xmax,ymax\nx,1,2,3,4\n"},
    ("detection", "slicer"): {"x.mrk.json": json.dumps({"markups": []})},
    ("classification", "csv"): {"all.csv": "file,label\nx,a\n"},
    ("classification", "json"): {"x.class.json": json.dumps({"format": 1, "present": []})},
}


@pytest.mark.parametrize(("task", "name"), FILES)
def test_every_format_is_recognised(tmp_path: Path, task: str, name: str) -> None:
    for file, text in FILES[task, name].items():
        (tmp_path / file).write_text(text)
    assert recognise(tmp_path, task) == name
    found = read_annotations(tmp_path, task, ["a"])
    assert found == read_annotations(tmp_path, task, ["a"], name)


def test_every_format_has_a_file_here() -> None:
    named = {("detection", "masks")}  # not recognised: images of the folder may be no masks
    assert {(task, name) for task, names in FORMATS.items() for name in names} == set(FILES) | named
    assert format_names("classification") == ("csv", "json", "folders")


def test_other_files_are_not_recognised(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("These boxes were drawn by hand\n")
    (tmp_path / "x.png").write_bytes(b"")
    for task in ("detection", "classification"):
        assert recognise(tmp_path, task) is None
    with pytest.raises(MedOptError, match="no annotations recognised: expected for detection: voc, coco"):
        read_annotations(tmp_path, "detection", [])


def test_wrong_names_and_places(tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match=r"unknown format.*for classification: csv, json, folders, found voc"):
        read_annotations(tmp_path, "classification", [], "voc")
    with pytest.raises(MedOptError, match="no such file or folder"):
        read_annotations(tmp_path / "x", "detection", [])
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("file,label\n")
    with pytest.raises(MedOptError, match=r"one file that ends in \.csv, found a\.csv, b\.csv"):
        read_annotations(tmp_path, "classification", [], "csv")
