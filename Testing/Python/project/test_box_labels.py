from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Box, Boxes, Geometry
from medopt.project import ClassInfo, ProjectSettings
from medopt.project.box_labels import BoxLabels, cut_to_image

SETTINGS = ProjectSettings(
    id="0" * 32,
    name="x",
    task="detection",
    classes=[ClassInfo(value=1, name="RBC", color="#ff0000"), ClassInfo(value=4, name="WBC", color="#0000ff")],
)
KIND = BoxLabels(SETTINGS)


def some_boxes(grid: Geometry, rng: np.random.Generator, count: int = 6) -> Boxes:
    low = rng.uniform(0, 3, (count, 3))
    high = low + rng.uniform(0.5, 2, (count, 3))
    return Boxes.from_index(np.stack([low, high], axis=1), rng.choice([1, 4], count).tolist(), grid)


def test_boxes_come_back_from_their_file(tmp_path: Path, oblique: Geometry, rng: np.random.Generator) -> None:
    boxes = some_boxes(oblique, rng)
    KIND.write(KIND.check(boxes, oblique, "x"), tmp_path / "a.mrk.json")
    found = KIND.read(tmp_path / "a.mrk.json", oblique)
    np.testing.assert_allclose(found.to_index(oblique), boxes.to_index(oblique), atol=1e-9)
    assert [box.value for box in found.boxes] == [box.value for box in boxes.boxes]
    assert KIND.sha256(found) == KIND.sha256(boxes)
    assert KIND.changes(boxes, found) == 0


def test_scores_and_what_nobody_looked_for_come_back(tmp_path: Path, oblique: Geometry) -> None:
    box = Boxes.from_index([[[0, 0, 0], [2, 2, 2]]], [4], oblique, scores=[0.8125]).boxes[0]
    KIND.write(Boxes((box,), (1,)), tmp_path / "a.mrk.json")
    found = KIND.read(tmp_path / "a.mrk.json", oblique)
    assert found.boxes[0].score == 0.8125
    assert found.unjudged == (1,)


def test_no_boxes_are_a_label_too(tmp_path: Path) -> None:
    grid = Geometry((1, 4, 4))
    KIND.write(Boxes(), tmp_path / "a.mrk.json")
    assert KIND.read(tmp_path / "a.mrk.json", grid) == Boxes()
    assert KIND.content(Boxes()).marked == 0


def test_boxes_are_counted_by_class(rng: np.random.Generator, oblique: Geometry) -> None:
    boxes = some_boxes(oblique, rng, 20)
    content = KIND.content(boxes)
    values = [box.value for box in boxes.boxes]
    assert dict(zip(content.values, content.counts, strict=True)) == {1: values.count(1), 4: values.count(4)}
    assert content.marked == 20


def test_changes_count_added_deleted_moved_and_renamed_boxes(oblique: Geometry, rng: np.random.Generator) -> None:
    boxes = some_boxes(oblique, rng).boxes
    first = Boxes(boxes)
    moved = Box(tuple(np.add(boxes[0].center, 1.0)), boxes[0].size, boxes[0].value, boxes[0].axes)
    renamed = Box(boxes[1].center, boxes[1].size, 5 - boxes[1].value, boxes[1].axes)
    assert KIND.changes(first, Boxes(boxes[::-1])) == 0
    assert KIND.changes(first, Boxes((moved, *boxes[1:]))) == 1
    assert KIND.changes(first, Boxes((moved, renamed, *boxes[2:]))) == 2
    assert KIND.changes(first, Boxes(boxes[:2])) == 4
    assert KIND.changes(Boxes(), first) == 6


def test_a_box_is_cut_at_the_edges_of_the_image() -> None:
    grid = Geometry((1, 10, 20), (3.0, 0.5, 0.5))
    box = Boxes.from_index([[[-0.5, -2.5, 5.5], [0.5, 3.5, 25.0]]], [1], grid).boxes[0]
    cut = cut_to_image(box, grid)
    assert cut is not None
    np.testing.assert_allclose(Boxes((cut,)).to_index(grid)[0], [[-0.5, -0.5, 5.5], [0.5, 3.5, 19.5]])


def test_a_box_in_a_slice_gets_its_thickness() -> None:
    grid = Geometry((1, 10, 20), (3.0, 0.5, 0.5), (5.0, 6.0, 7.0))
    for low, high in ((-0.1, 0.1), (-20, 30)):
        box = Boxes.from_index([[[low, 1.5, 1.5], [high, 3.5, 4.5]]], [1], grid).boxes[0]
        cut = cut_to_image(box, grid)
        assert cut is not None
        np.testing.assert_allclose(Boxes((cut,)).to_index(grid)[0], [[-0.5, 1.5, 1.5], [0.5, 3.5, 4.5]])
        assert cut.size == pytest.approx((3.0, 1.0, 1.5))


def test_a_turned_box_is_not_cut(oblique: Geometry) -> None:
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    box = Box(oblique.origin, (3.0, 3.0, 3.0), 1, tuple(map(tuple, turn.tolist())))
    assert cut_to_image(box, oblique) is box


def test_a_box_outside_the_image_is_refused() -> None:
    grid = Geometry((1, 10, 20))
    box = Boxes.from_index([[[-0.5, 12, 1], [0.5, 15, 3]]], [4], grid)
    with pytest.raises(MedOptError, match=r"case a: a box lies outside the image.*found WBC around LPS"):
        KIND.check(box, grid, "case a")


def test_unknown_classes_are_refused_by_value_and_by_name(tmp_path: Path) -> None:
    grid = Geometry((1, 10, 20))
    with pytest.raises(MedOptError, match=r"no class of the project.*found 2"):
        KIND.check(Boxes.from_index([[[-0.5, 1, 1], [0.5, 2, 2]]], [2], grid), grid, "x")
    other = SETTINGS.model_copy(update={"classes": [ClassInfo(value=1, name="RBCs", color="#ff0000")]})
    BoxLabels(other).write(Boxes.from_index([[[-0.5, 1, 1], [0.5, 2, 2]]], [1], grid), tmp_path / "a.mrk.json")
    with pytest.raises(MedOptError, match=r"a\.mrk\.json: unknown class 'RBCs'.*did you mean 'RBC'"):
        KIND.read(tmp_path / "a.mrk.json", grid)
