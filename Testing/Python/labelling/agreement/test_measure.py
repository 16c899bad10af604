"""The agreement of a whole project, for each task."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from medopt import MedOptError
from medopt.image import Boxes, ClassLabel, Geometry, Image, LabelMap
from medopt.io import write_image
from medopt.labelling.agreement import EVERYBODY, IMPORTED, Agreement, AgreementRow, measure_agreement
from medopt.metrics import dice
from medopt.project import ClassInfo, Project, import_folder
from medopt.validation import BootstrapSettings, bootstrap_mean

FEW = BootstrapSettings(samples=400)
GRID = Geometry((1, 16, 16), (1.0, 1.0, 1.0))


def row(found: Agreement, structure: str, measure: str, first: str = EVERYBODY, second: str = "") -> AgreementRow:
    (one,) = [
        r for r in found.rows if (r.structure, r.measure, r.first, r.second) == (structure, measure, first, second)
    ]
    return one


def grown(label: LabelMap, value: int) -> LabelMap:
    array = label.array.copy()
    array[binary_dilation(array == value) & (array == 0)] = value
    return LabelMap(array, label.geometry)


def test_segmentation(small_project: Project) -> None:
    expected = []
    for n in range(7):
        case = f"case-{n}"
        label = small_project.read_label(case)
        other = grown(label, 4)
        small_project.save_label(case, other, annotator="bea", source="proposal" if n < 2 else "manual")
        one, more = label.array == 4, other.array == 4
        expected.append(dice(int(one.sum()), int(more.sum()), int((one & more).sum())))
    found = measure_agreement(small_project, settings=FEW)
    assert found.annotators == (IMPORTED, "bea")
    assert found.cases == tuple(f"case-{n}" for n in range(7))
    assert (found.labels, found.from_proposal, found.left_out) == (14, 2, ())
    pair = (IMPORTED, "bea")
    assert row(found, "Front", "dice", *pair).value.estimate == 1
    subjects = [small_project.case(case).subject for case in found.cases]
    mine, oracle = row(found, "Back", "dice", *pair).value, bootstrap_mean(expected, subjects, FEW)
    assert mine.estimate == pytest.approx(np.mean(expected))
    assert (mine.n, mine.n_subjects) == (7, 7)
    assert mine.low == pytest.approx(oracle.low, abs=0.01)
    assert mine.high == pytest.approx(oracle.high, abs=0.01)
    assert row(found, "mean", "dice", *pair).value.estimate == pytest.approx((1 + np.mean(expected)) / 2)
    assert 0 < row(found, "Back", "nsd", *pair).value.estimate <= 1
    assert not [r for r in found.rows if r.first == EVERYBODY]  # one pair is everybody
    levels = {(r.annotator, r.structure): r for r in found.raters}
    assert levels[IMPORTED, "Front"].sensitivity.estimate == levels["bea", "Front"].specificity.estimate == 1
    cases = {(c.case, c.structure, c.measure): c.value for c in found.by_case}
    assert cases["case-3", "Back", "dice"] == pytest.approx(expected[3])
    assert all((c.first, c.second) == pair for c in found.by_case)


def test_three_annotators_and_a_careless_one(small_project: Project) -> None:
    for n in range(5):
        label = small_project.read_label(f"case-{n}")
        small_project.save_label(f"case-{n}", label, annotator="abe")
        small_project.save_label(f"case-{n}", grown(grown(label, 4), 1), annotator="bea")
    found = measure_agreement(small_project, settings=FEW)
    pairs = [
        row(found, "Back", "dice", *p).value.estimate for p in ((IMPORTED, "abe"), (IMPORTED, "bea"), ("abe", "bea"))
    ]
    assert pairs[0] == 1
    assert pairs[1] == pairs[2] < 1
    assert row(found, "Back", "dice").value.estimate == pytest.approx(np.mean(pairs))
    assert row(found, "Back", "dice").value.n == 5
    levels = {(r.annotator, r.structure): r.specificity.estimate for r in found.raters}
    assert levels["bea", "Back"] < levels["abe", "Back"]


def test_a_case_that_cannot_be_read_is_left_out(small_project: Project) -> None:
    for n in range(2):
        small_project.save_label(f"case-{n}", small_project.read_label(f"case-{n}"), annotator="abe")
    small_project.labels.history_path("case-1", 1).write_bytes(b"no label")
    found = measure_agreement(small_project, settings=FEW)
    assert found.cases == ("case-0",)
    assert [item.case for item in found.left_out] == ["case-1"]
    assert row(found, "Front", "dice", IMPORTED, "abe").value.refused.startswith("too few subjects")


def test_without_two_annotators_there_is_nothing_to_compare(small_project: Project) -> None:
    with pytest.raises(MedOptError, match=r"no case was labelled by two annotators.*a second annotator"):
        measure_agreement(small_project)
    small_project.save_label("case-0", small_project.read_label("case-0"), annotator="abe")
    with pytest.raises(MedOptError, match="no case was labelled by two annotators without sight of a proposal"):
        measure_agreement(small_project, blind=True)


def flat_project(folder: Path, task: str, cases: int, **more: object) -> Project:
    for n in range(cases):
        write_image(Image(np.full((1, 1, 16, 16), n, np.uint8), GRID), folder / "images" / f"case-{n}.nrrd")
    classes = [ClassInfo(value=v, name=name, color="#e69f00") for v, name in ((1, "Ill"), (4, "Old"))]
    project = Project.create(folder / "project", name="flat", classes=classes, task=task, **more)  # type: ignore[arg-type]
    import_folder(project, folder / "images")
    return project


def test_classification(tmp_path: Path) -> None:
    project = flat_project(tmp_path, "classification", 10)
    said = {"abe": "1111144444", "bea": "1111144441", "cyd": "1111144411"}
    for name, answers in said.items():
        for n, value in enumerate(answers):
            project.save_label(f"case-{n}", ClassLabel((int(value),)), annotator=name)
    found = measure_agreement(project, settings=FEW)
    assert row(found, "all", "share", "abe", "bea").value.estimate == pytest.approx(0.9)
    assert row(found, "all", "kappa", "abe", "bea").value.estimate == pytest.approx(0.8)
    assert row(found, "all", "share").value.estimate == pytest.approx((0.9 + 0.8 + 0.9) / 3)
    fleiss = row(found, "all", "fleiss").value
    assert fleiss.low < fleiss.estimate <= fleiss.high
    assert found.raters == ()


def test_detection_pools_boxes_over_cases(tmp_path: Path) -> None:
    project = flat_project(tmp_path, "detection", 6)

    def boxes(*columns: int) -> Boxes:
        corners = [[[-0.5, 1.5, c - 0.5], [0.5, 5.5, c + 3.5]] for c in columns]
        return Boxes.from_index(corners, [1] * len(columns), GRID)

    for n in range(6):
        project.save_label(f"case-{n}", boxes(0, 8), annotator="abe")
        project.save_label(f"case-{n}", boxes(1) if n % 2 else boxes(0, 8), annotator="bea")
    found = measure_agreement(project, settings=FEW)
    same = row(found, "Ill", "boxes", "abe", "bea").value
    assert same.estimate == pytest.approx(2 * (3 * 2 + 3 * 1) / (3 * 4 + 3 * 3))
    assert same.low < same.estimate < same.high
    assert row(found, "Ill", "iou", "abe", "bea").value.estimate == pytest.approx((6 * 1 + 3 * 0.6) / 9)
    assert row(found, "Old", "boxes", "abe", "bea").value.estimate is None
