from __future__ import annotations

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Boxes, ClassLabel, Geometry
from medopt.io.annotations import GridBox, ImageBoxes, ImageClasses, ShareBox, Sheet
from medopt.io.markups import NamedBox
from medopt.project import ClassInfo, ProjectSettings
from medopt.project.sheet_labels import SheetLabels

CLASSES = [ClassInfo(value=v, name=n, color="#ff0000") for v, n in ((1, "RBC"), (4, "WBC"), (6, "Platelets"))]
GRID = Geometry((1, 10, 20))


def settings(task: str, **more: object) -> ProjectSettings:
    return ProjectSettings(id="0" * 32, name="x", task=task, classes=CLASSES, **more)


def read(*boxes: object, size: tuple[int, int] | None = None, looked_for=None, unjudged=(), skipped=(), grid=GRID):
    sheet = Sheet({}, tuple(sorted({box.name for box in boxes})), looked_for)
    labels = SheetLabels(sheet, settings("detection"), skipped)
    return labels.label("a", ImageBoxes(tuple(boxes), size, unjudged), grid)


def good(name: str = "RBC") -> GridBox:
    return GridBox.on_slice(name, 2, 3, 6, 8)


def test_names_become_values_and_boxes_stay_in_place() -> None:
    found = read(good("wbc"), ShareBox("RBC", 0.1, 0.3, 0.3, 0.8), good("#2"), size=(20, 10))
    assert [box.value for box in found.label.boxes] == [4, 1, 6]
    np.testing.assert_allclose(found.label.to_index(GRID), [[[-0.5, 2.5, 1.5], [0.5, 7.5, 5.5]]] * 3)
    assert found.notes == ()


def test_a_box_in_millimetres() -> None:
    grid = Geometry((5, 10, 20), (2.0, 1.0, 1.0), (10.0, 20.0, 30.0))
    box = NamedBox("RBC-3", (15.0, 25.0, 34.0), (2.0, 4.0, 6.0), ((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0)))
    np.testing.assert_allclose(read(box, grid=grid).label.to_index(grid), [[[0.5, 3, 4], [3.5, 7, 6]]])


@pytest.mark.parametrize(
    ("box", "kept", "problem"),
    [
        (GridBox.on_slice("RBC", 3, 3, 3, 3), 1, "a box without extent"),
        (GridBox.on_slice("RBC", 5, 3, 3, 6), 1, "a box without extent"),
        (GridBox.on_slice("RBC", 30, 3, 35, 6), 1, "a box outside the image"),
        (GridBox.on_slice("RBC", 15, 3, 25, 6), 2, "a box reaches over the edge of the image"),
        (good(), 1, "a box twice"),
    ],
)
def test_faulty_boxes_are_told_and_the_others_kept(box: GridBox, kept: int, problem: str) -> None:
    found = read(good(), box)
    assert [note.problem for note in found.notes] == [problem]
    assert (found.notes[0].case, len(found.label.boxes)) == ("a", kept)
    assert (found.label.to_index(GRID)[:, 1, 2] <= 19.5).all()


def test_a_pixel_over_the_edge_is_cut_without_a_word() -> None:
    found = read(GridBox.on_slice("RBC", 15, 3, 21, 6))
    assert found.notes == ()
    assert found.label.to_index(GRID)[0, 1, 2] == 19.5


def test_one_finding_tells_all_boxes_of_a_problem() -> None:
    points = [GridBox.on_slice("RBC", n, 3, n, 3) for n in range(7)]
    (note,) = read(good(), *points).notes
    assert note.found.startswith("box 2 (RBC), box 3 (RBC)")
    assert note.found.endswith("and 2 more")


def test_boxes_of_an_image_of_another_size() -> None:
    with pytest.raises(MedOptError, match=r"case a: the boxes belong.*expected 20×10 pixels, found 10×20"):
        read(good(), size=(10, 20))


def test_unknown_names_are_told_together_with_the_nearest() -> None:
    with pytest.raises(MedOptError, match=r"found 'Platelet'; did you mean 'Platelets'\?, 'tumour'"):
        read(good("Platelet"), good("tumour"), good("RBC"))
    assert len(read(good("Platelet"), good(), skipped=["platelet"]).label.boxes) == 1


def test_what_nobody_looked_for() -> None:
    assert read(good(), looked_for=("RBC", "cat", "WBC"), skipped=["cat"]).label.unjudged == (6,)
    assert read(good(), unjudged=("WBC",)).label == Boxes(read(good()).label.boxes, (4,))


@pytest.mark.parametrize(
    ("entry", "several", "expected"),
    [
        (ImageClasses(("RBC",)), False, ClassLabel((1,))),
        (ImageClasses(("RBC",), ("WBC",)), False, ClassLabel((1,))),
        (ImageClasses(("RBC",), ("WBC",)), True, ClassLabel((1,), (6,))),
        (ImageClasses((), ("WBC",)), False, ClassLabel((), (1, 6))),
        (ImageClasses(()), True, ClassLabel(())),
        (ImageClasses(("#1", "rbc")), True, ClassLabel((1, 4))),
    ],
)
def test_classes(entry: ImageClasses, several: bool, expected: ClassLabel) -> None:
    labels = SheetLabels(Sheet({}, ()), settings("classification", multi_label=several))
    assert labels.label("a", entry, GRID).label == expected
