from __future__ import annotations

import pytest

from medopt.io.annotations import read_class_folders


@pytest.mark.parametrize(
    ("folders", "classes", "part"),
    [
        ("train/PNEUMONIA", ("Pneumonia",), "train"),
        ("val/normal/more", ("Normal",), "validation"),
        ("Normal/pneumonia", ("Pneumonia",), ""),
        ("other", (), ""),
        ("", (), ""),
    ],
)
def test_folders_tell_classes_and_parts(folders: str, classes: tuple[str, ...], part: str) -> None:
    told = read_class_folders(folders, ["Normal", "Pneumonia"])
    assert (told.classes, told.part) == (classes, part)


def test_a_class_may_be_called_like_a_part() -> None:
    assert read_class_folders("test", ["Test"]).part == ""
