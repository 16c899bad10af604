"""The consensus of annotators, saved once, and the rules of each task."""

from __future__ import annotations

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Boxes, ClassLabel, Geometry
from medopt.labelling.agreement import CONSENSUS, find_opinions, write_consensus
from medopt.labelling.agreement.consensus import agree_on_boxes, agree_on_classes
from medopt.project import Project, ProjectSettings

from .test_measure import grown

GRID = Geometry((4, 20, 20), (2.0, 1.0, 1.0))


def settings(task: str, **more: object) -> ProjectSettings:
    classes = [{"value": v, "name": n, "color": "#112233"} for v, n in ((1, "Ill"), (4, "Old"))]
    return ProjectSettings.parse({"id": "0" * 32, "name": "x", "task": task, "classes": classes, **more}, "test")


def test_it_is_saved_once_with_a_note_and_the_opinions_stay(small_project: Project) -> None:
    label = small_project.read_label("case-0")
    small_project.save_label("case-0", label, annotator="abe")
    small_project.save_label("case-0", grown(label, 4), annotator="bea")
    before = find_opinions(small_project)
    found = write_consensus(small_project)
    assert dict(found.written) == {"case-0": 4}
    last = small_project.label_history("case-0")[-1]
    assert (last.annotator, last.note) == (CONSENSUS, "STAPLE of (imported), abe, bea")
    np.testing.assert_array_equal(small_project.read_label("case-0").array, label.array)
    assert find_opinions(small_project) == before
    again = write_consensus(small_project)
    assert (dict(again.written), again.unchanged) == ({}, ("case-0",))
    assert len(small_project.label_history("case-0")) == 4


def test_a_case_that_cannot_be_agreed_on_is_left_out(small_project: Project) -> None:
    small_project.save_label("case-0", small_project.read_label("case-0"), annotator="abe")
    small_project.labels.history_path("case-0", 1).unlink()
    found = write_consensus(small_project)
    assert (dict(found.written), [item.case for item in found.left_out]) == ({}, ["case-0"])


def test_one_of_exclusive_classes_needs_the_most_votes() -> None:
    rules = settings("classification")
    votes = [ClassLabel((1,)), ClassLabel((4,)), ClassLabel((1,)), ClassLabel((), (1, 4))]
    assert agree_on_classes(votes, GRID, rules) == ClassLabel((1,))
    with pytest.raises(MedOptError, match=r"the annotators do not agree.*found Ill 1, Old 1"):
        agree_on_classes(votes[:2], GRID, rules)


def test_of_several_classes_each_needs_more_than_half() -> None:
    rules = settings("classification", multi_label=True)
    votes = [ClassLabel((1,)), ClassLabel((1, 4)), ClassLabel((), (4,))]
    assert agree_on_classes(votes, GRID, rules) == ClassLabel((1,), (4,))
    assert agree_on_classes(votes[:1], GRID, rules) == ClassLabel((1,))


def box(j: float, value: int = 1) -> tuple[list[list[float]], int]:
    return [[-0.5, j, 2.0], [1.5, j + 6, 8.0]], value


def boxes(*given: tuple[list[list[float]], int], unjudged: tuple[int, ...] = ()) -> Boxes:
    return Boxes.from_index([g[0] for g in given], [g[1] for g in given], GRID, unjudged=unjudged)


def test_boxes_of_the_majority_have_the_mean_place() -> None:
    rules = settings("detection")
    said = [boxes(box(1), box(11)), boxes(box(2), box(10, 4)), boxes(box(1.5))]
    found = agree_on_boxes(said, GRID, rules)
    assert found.values() == [1]
    np.testing.assert_allclose(found.to_index(GRID), [box(1.5)[0]])
    assert len(agree_on_boxes(said[:2], GRID, rules)) == 1  # one of two is not more than half


def test_a_class_counts_among_those_who_looked_for_it() -> None:
    rules = settings("detection")
    found = agree_on_boxes([boxes(box(1, 4)), boxes(unjudged=(4,)), boxes(box(9), unjudged=(4,))], GRID, rules)
    assert found.values() == [4]
    assert agree_on_boxes([boxes(unjudged=(4,))] * 2, GRID, rules) == Boxes((), (4,))


def test_two_boxes_of_one_annotator_stay_two() -> None:
    close = boxes(box(1), box(3))  # they overlap each other by half
    assert len(agree_on_boxes([close, close, close], GRID, settings("detection"))) == 2
