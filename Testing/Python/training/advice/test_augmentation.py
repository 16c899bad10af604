"""The preset follows the number of cases, mirroring the names of the classes and the directions of the images."""

from __future__ import annotations

import pytest

from medopt.augment import AugmentSettings
from medopt.image import Geometry
from medopt.project import ClassInfo
from medopt.training.advice.augmentation import choose_augmentation, propose_augmentation

AXIAL = Geometry((4, 5, 6))
SAGITTAL = Geometry((4, 5, 6), direction=((1, 0, 0), (0, 1, 0), (0, 0, 1)))


def classes(*names: str) -> list[ClassInfo]:
    return [ClassInfo(value=n, name=name, color="#ffffff") for n, name in enumerate(names, start=1)]


def flips(grids: list[Geometry], *names: str) -> list[tuple[str, ...]]:
    techniques = propose_augmentation(grids, classes(*names), 1.0).techniques
    return [t.axes for t in techniques if t.technique == "flip"]


def test_only_left_and_right_are_mirrored_and_not_where_the_side_matters() -> None:
    assert flips([AXIAL], "Anterior", "Posterior") == [("i",)]
    assert flips([SAGITTAL], "Anterior") == [("k",)]
    assert flips([AXIAL, SAGITTAL], "Anterior") == []
    assert flips([AXIAL], "Left lung") == []
    assert flips([AXIAL], "Cleft") == [("i",)]


@pytest.mark.parametrize(
    ("cases", "subjects", "minutes", "steps", "preset"),
    [
        (10, 10, 10, None, "standard"),
        (10, 10, 30, None, "strong"),
        (10, 10, None, 2999, "standard"),
        (10, 10, None, 3000, "strong"),
        (100, 19, 60, None, "strong"),
        (100, 20, 60, None, "standard"),
        (999, 999, 60, None, "standard"),
        (1000, 10, 60, None, "light"),
    ],
)
def test_the_preset_follows_cases_and_time(cases, subjects, minutes, steps, preset) -> None:
    chosen, reasons = choose_augmentation(
        [AXIAL] * cases, classes("A"), 1.0, subjects=subjects, minutes=minutes, steps=steps
    )
    assert reasons[0].rule == f"augment.{preset}"
    assert reasons[0].figures["subjects"] == subjects
    wanted = [t for t in AugmentSettings.preset(preset).techniques if t.technique != "flip"]
    assert [t for t in chosen.techniques if t.technique != "flip"] == wanted


def test_reasons_of_mirroring_name_what_decided() -> None:
    def why(grids: list[Geometry], *names: str) -> tuple[str, str]:
        _, reasons = choose_augmentation(grids, classes(*names), 1.0, subjects=9, minutes=5, steps=None)
        return reasons[1].field, reasons[1].why

    assert why([AXIAL], "A") == (
        "augment.techniques.0.axes",
        "Mirrored along i, which runs from left to right in every image; no class names its side.",
    )
    assert why([AXIAL], "A", "Right lung") == (
        "augment.techniques",
        "No mirroring: the class 'Right lung' names its side.",
    )
    assert "runs along i and k" in why([AXIAL, SAGITTAL], "A")[1]
