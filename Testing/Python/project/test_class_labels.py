from __future__ import annotations

import json
from pathlib import Path

import pytest

from medopt import MedOptError
from medopt.image import ClassLabel, Geometry
from medopt.project import ClassInfo, ProjectSettings
from medopt.project.class_labels import ClassLabels

CLASSES = [ClassInfo(value=v, name=n, color="#ff0000") for v, n in ((1, "Normal"), (2, "Pneumonia"), (5, "Effusion"))]
EXCLUSIVE = ClassLabels(ProjectSettings(id="0" * 32, name="x", task="classification", classes=CLASSES))
SEVERAL = ClassLabels(ProjectSettings(id="0" * 32, name="x", task="classification", classes=CLASSES, multi_label=True))
GRID = Geometry((1, 2, 2))


@pytest.mark.parametrize("label", [ClassLabel((2,)), ClassLabel((5, 2), (1,)), ClassLabel(())])
def test_classes_come_back_from_their_file(tmp_path: Path, label: ClassLabel) -> None:
    SEVERAL.write(SEVERAL.check(label, GRID, "x"), tmp_path / "a.class.json")
    assert SEVERAL.read(tmp_path / "a.class.json", GRID) == label


def test_the_names_of_a_file_count(tmp_path: Path) -> None:
    path = tmp_path / "a.class.json"
    path.write_text(json.dumps({"format": 1, "present": [{"value": 1, "name": "Pneumonia"}], "unjudged": []}))
    assert EXCLUSIVE.read(path, GRID) == ClassLabel((2,))
    path.write_text(json.dumps({"format": 1, "present": [{"value": 1, "name": "Pneumona"}], "unjudged": []}))
    with pytest.raises(MedOptError, match=r"unknown class 'Pneumona'.*did you mean 'Pneumonia'"):
        EXCLUSIVE.read(path, GRID)


@pytest.mark.parametrize("present", [(), (1, 2)])
def test_exclusive_classes_are_exactly_one(present: tuple[int, ...]) -> None:
    with pytest.raises(
        MedOptError, match=r"case a: an image of exclusive classes shows exactly one: expected one of N"
    ):
        EXCLUSIVE.check(ClassLabel(present), GRID, "case a")
    assert SEVERAL.check(ClassLabel(present), GRID, "case a").present == present


def test_of_exclusive_classes_some_may_be_not_judged() -> None:
    label = ClassLabel((), (2, 5))
    assert EXCLUSIVE.check(label, GRID, "x") == label


def test_an_unknown_value_is_refused() -> None:
    with pytest.raises(MedOptError, match=r"no class of the project.*found 3"):
        SEVERAL.check(ClassLabel((3,)), GRID, "x")


def test_changes_are_counted_by_class() -> None:
    assert SEVERAL.changes(ClassLabel((1,)), ClassLabel((1,))) == 0
    assert SEVERAL.changes(ClassLabel((1,)), ClassLabel((2,))) == 2
    assert SEVERAL.changes(ClassLabel((1,), (5,)), ClassLabel((1,))) == 1
    assert SEVERAL.sha256(ClassLabel((1,), (5,))) != SEVERAL.sha256(ClassLabel((1,)))
    assert SEVERAL.content(ClassLabel((5, 1))).marked == 2
