"""Two labels compared: against score_case, by hand, and the same whichever comes first."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.image import Boxes, ClassLabel, Geometry, LabelMap
from medopt.labelling.agreement.pairs import Part, Task, compare_boxes, compare_classes, compare_voxels
from medopt.metrics import box_iou
from medopt.project import ClassInfo, ProjectSettings
from medopt.validation import score_case

GRID = Geometry((5, 20, 22), (3.0, 1.0, 0.7))


def settings(task: str, **more: object) -> ProjectSettings:
    classes = [{"value": v, "name": n, "color": "#112233"} for v, n in ((1, "Front"), (4, "Back"))]
    return ProjectSettings.parse({"id": "0" * 32, "name": "x", "task": task, "classes": classes, **more}, "test")


def test_voxels_are_scored_as_a_validation_scores_them(rng: np.random.Generator) -> None:
    first = rng.choice([0, 1, 4], GRID.shape, p=[0.6, 0.3, 0.1]).astype(np.uint8)
    second = np.where(rng.random(GRID.shape) < 0.8, first, 0).astype(np.uint8)
    first[:, :, 15:] = second[:, :, 15:] = 0
    labels = LabelMap(first, GRID), LabelMap(second, GRID)
    found = {
        (p.structure, p.measure): p.numerator
        for p in compare_voxels(*labels, GRID, Task(settings("segmentation"), 1.0))
    }
    classes = [ClassInfo(value=v, name=n, color="#112233") for v, n in ((1, "Front"), (4, "Back"))]
    for score in score_case(*labels, classes):
        for measure in ("dice", "nsd"):
            assert found[score.structure, measure] == pytest.approx(score.value(measure))
    assert len(found) == 4


def test_voxels_that_either_left_out_and_classes_that_either_did_not_judge_do_not_count() -> None:
    first, second = np.zeros(GRID.shape, np.uint8), np.zeros(GRID.shape, np.uint8)
    first[1:3, 2:8, 2:8], second[1:3, 2:8, 2:8] = 1, 1
    second[1:3, 2:8, 8:12] = 1
    first[:, :, 8:] = 9
    task = Task(settings("segmentation", ignored=9), 1.0)
    found = compare_voxels(LabelMap(first, GRID), LabelMap(second, GRID, (4,)), GRID, task)
    assert found == [Part("Front", "dice", 1.0, 1.0), Part("Front", "nsd", 1.0, 1.0)]


def boxes(*corners: tuple[tuple[float, float, float], tuple[float, float, float], int]) -> Boxes:
    return Boxes.from_index([c[:2] for c in corners], [c[2] for c in corners], GRID)


def test_boxes_are_counted_by_class_and_overlap() -> None:
    one = boxes(((0, 0, 0), (2, 4, 4), 1), ((0, 10, 10), (2, 14, 14), 1), ((3, 0, 0), (4, 3, 3), 4))
    other = boxes(((0, 0, 1), (2, 4, 5), 1), ((0, 10, 10), (2, 14, 14), 4))
    found = compare_boxes(one, other, GRID, Task(settings("detection"), 1.0))
    assert [(p.structure, p.measure, p.denominator) for p in found] == [
        ("Front", "boxes", 3.0),
        ("Front", "iou", 1.0),
        ("Back", "boxes", 2.0),
        ("Back", "iou", 0.0),
    ]
    assert found[0].numerator == 2.0
    assert found[1].numerator == pytest.approx(3 / 5)
    assert found[2].numerator == 0.0
    assert compare_boxes(Boxes(), Boxes(), GRID, Task(settings("detection"), 1.0))[0].denominator == 0


def test_the_order_of_annotators_makes_no_difference(rng: np.random.Generator) -> None:
    task = Task(settings("detection"), 1.0)
    for _ in range(30):
        low = rng.uniform(0, 12, (2, 6, 3))
        sides = rng.uniform(3, 8, (2, 6, 3))
        one, other = (
            Boxes.from_index(np.stack([a, a + b], 1), rng.choice([1, 4], 6).tolist(), GRID)
            for a, b in zip(low, sides, strict=True)
        )
        assert compare_boxes(one, other, GRID, task) == compare_boxes(other, one, GRID, task)
        pairs = sum(p.numerator for p in compare_boxes(one, other, GRID, task) if p.measure == "boxes") / 2
        same = np.equal.outer([b.value for b in one.boxes], [b.value for b in other.boxes])
        possible = (box_iou(one.to_index(GRID), other.to_index(GRID)) >= 0.5) & same
        assert pairs <= min(possible.any(axis=0).sum(), possible.any(axis=1).sum())


def test_classes_of_an_image() -> None:
    one_of, several = Task(settings("classification"), 1.0), Task(settings("classification", multi_label=True), 1.0)
    assert compare_classes(ClassLabel((1,)), ClassLabel((4,)), GRID, one_of) == [Part("all", "share", 0.0, 1.0)]
    assert compare_classes(ClassLabel((1,)), ClassLabel((1,)), GRID, one_of) == [Part("all", "share", 1.0, 1.0)]
    assert compare_classes(ClassLabel((), (1, 4)), ClassLabel((1,)), GRID, one_of) == []
    assert compare_classes(ClassLabel((1,)), ClassLabel((1, 4)), GRID, several) == [
        Part("Front", "share", 1.0, 1.0),
        Part("Back", "share", 0.0, 1.0),
    ]
    assert compare_classes(ClassLabel((1,)), ClassLabel((1,), (4,)), GRID, several) == [
        Part("Front", "share", 1.0, 1.0)
    ]
