from __future__ import annotations

import pytest

from medopt import MedOptError
from medopt.project import ClassInfo, ProjectSettings
from medopt.project.class_names import ClassNames

NAMES = ClassNames(
    ProjectSettings(
        id="0" * 32,
        name="x",
        classes=[ClassInfo(value=v, name=n, color="#ff0000") for v, n in ((1, "Left lung"), (7, "T-2"))],
    )
)


@pytest.mark.parametrize(
    ("text", "value"), [("Left lung", 1), (" left  LUNG ", 1), ("7", 7), ("t-2", 7), ("8", None), ("Left lung-3", None)]
)
def test_names_in_any_writing(text: str, value: int | None) -> None:
    assert NAMES.find(text) == value


def test_numbers_that_slicer_appends_are_left_away() -> None:
    assert NAMES.find("Left lung-12", numbered=True) == 1
    assert NAMES.find("Left lung_3", numbered=True) == 1
    assert NAMES.find("T-2", numbered=True) == 7


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(
        MedOptError, match=r"b\.csv: unknown class 'Left lnug': expected Left lung, T-2; did you mean 'L"
    ):
        NAMES.value("Left lnug", "b.csv")
    with pytest.raises(MedOptError, match=r"expected Left lung, T-2\. Correct"):
        NAMES.value("Kidney")
