"""What was changed: against counting by hand, brute force and the metrics themselves."""

from __future__ import annotations

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Box, Boxes, ClassLabel, Geometry, LabelMap
from medopt.labelling.effort import edits_between, edits_by_class
from medopt.metrics import added_path_length, measure_surfaces, nsd
from medopt.project.records import Edits

GRID = Geometry((6, 16, 18), (3.0, 1.0, 0.5))


def made(rng: np.random.Generator) -> tuple[LabelMap, LabelMap]:
    before = rng.choice([0, 1, 5], GRID.shape, p=[0.7, 0.2, 0.1]).astype(np.uint8)
    after = before.copy()
    after[2:4] = rng.choice([0, 1, 5], after[2:4].shape)
    return LabelMap(before, GRID), LabelMap(after, GRID)


def test_voxels_slices_outline_and_surface_of_all_classes(rng: np.random.Generator) -> None:
    before, after = made(rng)
    found = edits_between(before, after, GRID)
    one, other = before.array, after.array
    paths = [added_path_length(one == v, other == v, GRID.spacing).voxels for v in (1, 5)]
    surfaces = [nsd(measure_surfaces(one == v, other == v, GRID.spacing, diagonal=GRID.diagonal), 1.0) for v in (1, 5)]
    assert found == Edits(
        changed=int((one != other).sum()),
        slices=2,
        added_path_length=sum(paths),
        surface_dice=pytest.approx(np.mean(surfaces)),
        as_is=False,
    )
    by_class = edits_by_class(before, after)
    assert [c.value for c in by_class] == [1, 5]
    assert [c.added_path.voxels for c in by_class] == paths
    assert [c.surface_dice for c in by_class] == pytest.approx(surfaces)
    assert by_class[0].changed == ((one == 1) != (other == 1)).sum()
    assert by_class[0].added_path.mm == pytest.approx(paths[0] * 0.5**0.5)


def test_nothing_changed_is_as_it_is() -> None:
    label = LabelMap(np.zeros(GRID.shape, np.uint8), GRID)
    assert edits_between(label, label, GRID) == Edits(0, 0, 0, 1.0, True)
    label.array[1:3, 2:6, 2:6] = 2
    assert edits_between(label, label, GRID) == Edits(0, 0, 0, 1.0, True)


def test_from_nothing_all_of_it_is_drawn(rng: np.random.Generator) -> None:
    array = np.zeros(GRID.shape, np.uint8)
    array[1:3, 2:6, 2:6] = 2
    label = LabelMap(array, GRID)
    assert edits_between(None, label, GRID) == Edits(32, 2, 2 * 12, None, False)
    assert edits_between(None, LabelMap(np.zeros_like(array), GRID), GRID).as_is is False
    empty = LabelMap(np.zeros_like(array), GRID)
    assert edits_between(empty, label, GRID).surface_dice == 0.0  # a proposal of nothing was of no use
    assert edits_between(label, empty, GRID) == Edits(32, 2, 0, 0.0, False)


def test_moved_by_less_than_the_tolerance_the_surface_is_kept() -> None:
    before, after = np.zeros(GRID.shape, np.uint8), np.zeros(GRID.shape, np.uint8)
    before[1:5, 4:10, 4:10], after[1:5, 4:10, 5:11] = 1, 1  # 0.5 mm along i
    labels = LabelMap(before, GRID), LabelMap(after, GRID)
    assert edits_between(*labels, GRID).surface_dice == 1.0
    assert edits_between(*labels, GRID, tolerance_mm=0.1).surface_dice < 0.9


def boxes(*given: tuple[float, int]) -> Boxes:
    corners = [[[0.5, j, 1.0], [2.5, j + 3, 5.0]] for j, _ in given]
    return Boxes.from_index(corners, [value for _, value in given], GRID)


def test_boxes_drawn_deleted_moved_and_renamed() -> None:
    before = boxes((0, 1), (4, 1), (8, 2))
    assert edits_between(before, boxes((8, 2), (4, 1), (0, 1)), GRID) == Edits(0, 0, 0, None, True)
    assert edits_between(before, boxes((0, 1), (5, 1), (8, 2)), GRID) == Edits(1, 2, 1, None, False)  # moved
    assert edits_between(before, boxes((0, 1), (4, 2), (8, 2)), GRID) == Edits(1, 2, 1, None, False)  # renamed
    assert edits_between(before, boxes((0, 1), (4, 1)), GRID) == Edits(1, 2, 0, None, False)  # deleted
    assert edits_between(before, boxes((0, 1), (4, 1), (8, 2), (12, 2)), GRID) == Edits(1, 2, 1, None, False)
    assert edits_between(None, before, GRID) == Edits(3, 2, 3, None, False)


def test_a_box_that_counts_its_axes_from_another_one_is_the_same_box() -> None:
    along = Box((1.0, 2.0, 3.0), (2.0, 4.0, 6.0), 1)
    turned = Box((1.0, 2.0, 3.0), (4.0, 2.0, 6.0), 1, ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)), score=0.4)
    assert edits_between(Boxes((along,)), Boxes((turned,)), GRID).as_is


def test_classes_that_changed_their_state() -> None:
    before = ClassLabel((1, 2), (3,))
    assert edits_between(before, before, GRID) == Edits(0, 0, 0, None, True)
    assert edits_between(before, ClassLabel((2, 4), (3,)), GRID) == Edits(2, 0, 1, None, False)
    assert edits_between(before, ClassLabel((1, 2)), GRID) == Edits(1, 0, 0, None, False)
    assert edits_between(None, ClassLabel((2,)), GRID) == Edits(1, 0, 1, None, False)


def test_labels_that_do_not_fit_are_told() -> None:
    label = LabelMap(np.zeros(GRID.shape, np.uint8), GRID)
    with pytest.raises(MedOptError, match="two labels of different kinds: expected LabelMap, found Boxes"):
        edits_between(Boxes(), label, GRID)
    moved = LabelMap(label.array, Geometry(GRID.shape, GRID.spacing, (40.0, 0.0, 0.0)))
    with pytest.raises(MedOptError, match=r"lie on different grids: expected shape \(6, 16, 18\).*elsewhere"):
        edits_between(moved, label, GRID)
    with pytest.raises(MedOptError, match="label and image lie on different grids"):
        edits_between(label, moved, GRID)
