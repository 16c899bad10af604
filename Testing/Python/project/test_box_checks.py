from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest

from medopt.image import Boxes, Geometry
from medopt.project import Case, ClassInfo, ProjectSettings
from medopt.project.box_checks import check_boxes
from medopt.project.class_names import ClassNames

CLASSES = [ClassInfo(value=v, name=n, color="#ff0000") for v, n in ((1, "RBC"), (4, "WBC"))]
NAMES = ClassNames(ProjectSettings(id="0" * 32, name="x", task="detection", classes=CLASSES))
SLICE = Geometry((1, 40, 50))
VOLUME = Geometry((20, 40, 50), (3.0, 1.0, 1.0))


def told(grid: Geometry, corners: list, values: list[int]) -> list[tuple[str, str]]:
    case = Case("a", "a", "labelled", grid, True, None, None, MappingProxyType({}))
    found = check_boxes(case, Boxes.from_index(np.array(corners, float).reshape(-1, 2, 3), values, grid), NAMES)
    return [(finding.problem, finding.found) for finding in found]


def box(low: tuple[float, float], high: tuple[float, float]) -> list:
    return [[-0.5, *low], [0.5, *high]]


def test_good_boxes_and_none() -> None:
    assert told(SLICE, [box((1, 2), (11, 12)), box((3, 2), (11, 12))], [1, 1]) == []
    assert told(SLICE, [], []) == []
    assert told(VOLUME, [[[1, 2, 3], [4, 5, 6]]], [4]) == []


def test_a_box_drawn_twice() -> None:
    near = [box((1, 2), (21, 22)), box((1, 2), (21, 22.4)), box((1, 2), (21, 22))]
    assert told(SLICE, near, [1, 1, 4]) == [("a box twice", "box 2 (RBC)")]


@pytest.mark.parametrize(("grid", "corners"), [(SLICE, box((1, 2), (2.5, 12))), (VOLUME, [[1, 2, 3], [2, 12, 13]])])
def test_a_box_that_is_hardly_meant(grid: Geometry, corners: list) -> None:
    assert told(grid, [corners], [4]) == [("a very small box", "box 1 (WBC)")]


def test_a_box_as_large_as_the_image() -> None:
    assert told(SLICE, [box((-0.5, -0.5), (39.5, 49.5))], [1]) == [("a box as large as the image", "box 1 (RBC)")]
    assert told(SLICE, [box((-0.5, -0.5), (39.5, 45))], [1]) == []


def test_many_boxes_are_one_finding() -> None:
    same = [box((1, 2), (21, 22))] * 9
    ((problem, found),) = told(SLICE, same, [1] * 9)
    assert problem == "a box twice"
    assert found.endswith("box 6 (RBC) and 3 more")
