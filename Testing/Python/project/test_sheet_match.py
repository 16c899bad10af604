from __future__ import annotations

import pytest

from medopt import MedOptError
from medopt.project.sheet_match import SheetMatch


@pytest.mark.parametrize(
    ("keys", "path", "expected"),
    [
        (["x.png"], "x", "x.png"),
        (["x"], "sub/x", "x"),
        (["./a/x.PNG"], "x", "./a/x.PNG"),
        (["C:\\data\\x.nii.gz"], "X", "C:\\data\\x.nii.gz"),
        (["a/x.png", "b/x.png"], "b/x", "b/x.png"),
        (["train/a/x", "test/a/x"], "images/test/a/x", "test/a/x"),
        (["x.dcm.png"], "x.dcm", "x.dcm.png"),
        (["x.dcm"], "x.dcm", "x.dcm"),
        (["xy.png"], "x", None),
    ],
)
def test_names_with_and_without_folders_and_endings(keys: list[str], path: str, expected: str | None) -> None:
    assert SheetMatch(keys).find(path, "id") == expected


def test_case_ids_are_names_too() -> None:
    assert SheetMatch(["a_x"]).find("a/x", "a_x") == "a_x"


def test_two_that_fit_equally_well() -> None:
    with pytest.raises(MedOptError, match=r"several annotations.*found a/x\.png, b/x\.png"):
        SheetMatch(["a/x.png", "b/x.png"]).find("x", "x")
