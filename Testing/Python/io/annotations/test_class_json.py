from __future__ import annotations

import json
from pathlib import Path

import pytest

from medopt.errors import MedOptError
from medopt.io.annotations import ImageClasses, read_class_json
from medopt.io.class_labels import ClassFile, NamedClass, write_class_file


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"x.png": "a"}, ImageClasses(("a",))),
        ({"x.png": ["a", "b"]}, ImageClasses(("a", "b"))),
        ({"x.png": {"a": True, "b": False, "c": None}}, ImageClasses(("a",), ("b",))),
        ([{"File": "x.png", "label": "a", "age": 80}], ImageClasses(("a",))),
    ],
)
def test_one_file_for_all(tmp_path: Path, value: object, expected: ImageClasses) -> None:
    (tmp_path / "a.json").write_text(json.dumps(value))
    assert read_class_json(tmp_path / "a.json").entries == {"x.png": expected}


def test_the_files_of_a_project(tmp_path: Path) -> None:
    a, b, c = (NamedClass(n, name) for n, name in enumerate("abc", 1))
    write_class_file(ClassFile((a,), (b,)), tmp_path / "x.class.json")
    write_class_file(ClassFile((c,)), tmp_path / "y.class.json")
    (tmp_path / "z.class.json").write_text("{")
    sheet = read_class_json(tmp_path)
    assert sheet.entries["x"] == ImageClasses(("a",), ("c",))
    assert sheet.entries["y"] == ImageClasses(("c",))
    assert isinstance(sheet.entries["z"], MedOptError)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, "an object from image to class"),
        ({"x": {"a": 3}}, "true, false or null"),
        ({"x": None}, "a class or a list of classes"),
        ([{"file": "x"}], "objects with a field"),
    ],
)
def test_damaged_files(tmp_path: Path, value: object, message: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps(value))
    with pytest.raises(MedOptError, match=message):
        read_class_json(tmp_path / "a.json")
