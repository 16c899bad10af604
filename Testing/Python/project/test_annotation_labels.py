from __future__ import annotations

from pathlib import Path

import pytest

from medopt import MedOptError
from medopt.image import ClassLabel, Geometry
from medopt.io.annotations import ImageClasses, Sheet
from medopt.project import ClassInfo, Project
from medopt.project.annotation_labels import LISTED, SheetOfLabels, annotation_labels
from medopt.project.layouts import CaseFiles

GRID = Geometry((1, 2, 2))


@pytest.fixture
def made(tmp_path: Path) -> Project:
    classes = [ClassInfo(value=v, name=n, color="#ff0000") for v, n in ((1, "normal"), (2, "pneumonia"))]
    return Project.create(tmp_path / "p", name="x", classes=classes, task="classification")


def case(key: str) -> CaseFiles:
    return CaseFiles(key.replace("/", "_"), key, ())


def test_labels_attributes_and_hashes_of_entries(made: Project) -> None:
    sheet = Sheet({"x.png": ImageClasses(("normal",)), "y": ImageClasses(("pneumonia",))}, ("normal", "pneumonia"),
                  attributes={"x.png": {"split": "test"}})  # fmt: skip
    labels = SheetOfLabels(made, sheet)
    x, told = labels.of(case("s/x"))
    y, nothing = labels.of(case("y"))
    assert x is not None
    assert y is not None
    assert (x.read(GRID).label, y.read(GRID).label) == (ClassLabel((1,)), ClassLabel((2,)))
    assert x.sha256 != y.sha256
    assert (told, nothing) == ({"split": "test"}, {})
    assert labels.of(case("z")) == (None, {})
    assert labels.without_image() == []


def test_entries_without_an_image_are_told(made: Project) -> None:
    few = SheetOfLabels(made, Sheet({"x": ImageClasses(("normal",))}, ("normal",)))
    assert [(f.case, f.problem) for f in few.without_image()] == [("x", "a label without an image")]
    many = Sheet({f"x{n}": ImageClasses(("normal",)) for n in range(LISTED + 1)}, ("normal",))
    (finding,) = SheetOfLabels(made, many).without_image()
    assert finding.found == f"{LISTED + 1} of {LISTED + 1} annotations, the first for 'x0'"


def test_an_entry_that_cannot_be_read_is_an_error_of_its_case(made: Project) -> None:
    labels = SheetOfLabels(made, Sheet({"x": MedOptError("the file is damaged")}, ()))
    with pytest.raises(MedOptError, match="damaged"):
        labels.of(case("x"))


def test_folders_name_classes(made: Project, tmp_path: Path) -> None:
    cases = [case("train/Normal/x"), case("test/PNEUMONIA/y"), case("other/z")]
    labels = annotation_labels(made, tmp_path, None, cases)
    assert labels is not None
    found = [labels.of(one)[0] for one in cases]
    assert [None if one is None else one.read(GRID).label for one in found] == [
        ClassLabel((1,)), ClassLabel((2,)), None
    ]  # fmt: skip
    assert annotation_labels(made, tmp_path, None, [case("z")]) is None
    with pytest.raises(MedOptError, match=r"expected folders named normal, pneumonia, found other"):
        annotation_labels(made, tmp_path, None, [case("other/z")], name="folders")


def test_a_table_beside_the_images_is_found(made: Project, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label\nx.png,pneumonia\n")
    labels = annotation_labels(made, tmp_path, None, [case("x")])
    assert labels is not None
    label, _ = labels.of(case("x"))
    assert label is not None
    assert label.read(GRID).label == ClassLabel((2,))
