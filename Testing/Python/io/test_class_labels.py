from __future__ import annotations

import json
from pathlib import Path

import pytest

from medopt.errors import MedOptError
from medopt.io.class_labels import ClassFile, NamedClass, read_class_file, write_class_file


def test_classes_come_back(tmp_path: Path) -> None:
    label = ClassFile((NamedClass(2, "Lungenentzündung"),), (NamedClass(1, "Normal"), NamedClass(3, "x")))
    write_class_file(label, tmp_path / "a.class.json")
    assert read_class_file(tmp_path / "a.class.json") == label
    value = json.loads((tmp_path / "a.class.json").read_text(encoding="utf-8"))
    assert set(value) == {"format", "present", "unjudged"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "a class label with a format"),
        ("{}", "a class label with a format"),
        ('{"format": 2}', "made by a newer MedOpt"),
        ('{"format": 1, "present": [1]}', "classes with value and name at 'present'"),
        ('{"format": 1, "present": 3}', "classes with value and name at 'present'"),
        ('{"format": 1, "unjudged": [{"value": "x", "name": "a"}]}', "at 'unjudged'"),
    ],
)
def test_damaged_files(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.class.json").write_text(text)
    with pytest.raises(MedOptError, match=message):
        read_class_file(tmp_path / "a.class.json")
