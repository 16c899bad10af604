"""The simulated annotator: it gets what it wants, by the rules, and counts what it does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.labelling.assist import Assistant, Strokes
from medopt.labelling.effort import edits_between
from medopt.labelling.simulated_annotator import PATIENCE, SimulatedAnnotator


def cuboids(*boxes: tuple[int, slice, slice, slice], shape: tuple[int, int, int] = (6, 12, 14)) -> NDArray[np.uint8]:
    labels = np.zeros(shape, np.uint8)
    for value, *where in boxes:
        labels[tuple(where)] = value
    return labels


REFERENCE = cuboids((1, slice(1, 5), slice(2, 8), slice(2, 7)), (2, slice(2, 4), slice(3, 9), slice(8, 12)))


def brute_dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    total = one.sum() + other.sum()
    return 2 * (one & other).sum() / total if total else 1.0


def test_a_label_that_is_good_enough_is_left_as_it_is() -> None:
    start = REFERENCE.copy()
    start[1, 2, 2] = 0
    for correct in (SimulatedAnnotator.by_hand, lambda a, s: a.by_clicks(s, never)):
        label, work = correct(SimulatedAnnotator(REFERENCE, (1, 2), 0.95), start)
        np.testing.assert_array_equal(label, start)
        assert (work.path, work.voxels, work.slices, work.clicks, work.strokes) == (0, 0, 0, 0, 0)


def never(value: int, mask: NDArray[np.bool_], strokes: Strokes) -> NDArray[np.bool_]:
    raise AssertionError("nothing should have been clicked")


@pytest.mark.parametrize("target", [0.7, 0.9, 0.97, 1.0])
def test_by_hand_reaches_the_target_with_the_largest_regions_and_no_more(
    target: float, rng: np.random.Generator
) -> None:
    start = np.where(rng.random(REFERENCE.shape) < 0.25, rng.integers(0, 3, REFERENCE.shape), REFERENCE)
    annotator = SimulatedAnnotator(REFERENCE, (1, 2), target)
    label, work = annotator.by_hand(start.astype(np.uint8))
    scores = {value: brute_dice(label == value, value == REFERENCE) for value in (1, 2)}
    assert annotator.dice(label) == pytest.approx(scores)
    assert min(scores.values()) >= target
    changed = label != start
    assert (label[changed] == REFERENCE[changed]).all()
    grid = Geometry(REFERENCE.shape, (1.0, 1.0, 1.0))
    edits = edits_between(LabelMap(start.astype(np.uint8), grid), LabelMap(label, grid), grid)
    assert (work.path, work.voxels, work.slices) == (edits.added_path_length, edits.changed, edits.slices)
    assert work.clicks == 0


def test_from_nothing_the_path_is_the_outline() -> None:
    reference = cuboids((1, slice(0, 3), slice(2, 8), slice(2, 7)))
    _, work = SimulatedAnnotator(reference, (1,), 1.0).by_hand(np.zeros_like(reference))
    assert (work.path, work.voxels, work.slices, work.strokes) == (3 * (2 * 6 + 2 * 3), 3 * 30, 3, 3)
    label, work = SimulatedAnnotator(reference, (1,), 0.8).by_hand(np.zeros_like(reference))
    assert (work.slices, label[2].any()) == (2, False)  # two of three slices make a Dice of 0.8


def test_a_class_that_is_not_there_must_go() -> None:
    reference = cuboids((1, slice(0, 3), slice(2, 8), slice(2, 7)))
    start = reference.copy()
    start[4, 4, 4] = 2
    label, work = SimulatedAnnotator(reference, (1, 2), 0.9).by_hand(start)
    np.testing.assert_array_equal(label, reference)
    assert (work.path, work.voxels, work.strokes) == (0, 1, 1)


def test_clicks_go_to_the_middle_of_the_largest_wrong_part_and_count() -> None:
    seen: list[tuple[int, list[list[int]], list[list[int]]]] = []

    def all_right(value: int, mask: NDArray[np.bool_], strokes: Strokes) -> NDArray[np.bool_]:
        seen.append((value, strokes.positive.tolist(), strokes.negative.tolist()))
        return value == REFERENCE

    start = REFERENCE.copy()
    start[start == 2] = 0
    start[5, 0:2, 0:3] = 1
    label, work = SimulatedAnnotator(REFERENCE, (1, 2), 0.99).by_clicks(start, all_right)
    np.testing.assert_array_equal(label, REFERENCE)
    assert (work.path, work.clicks, work.strokes, work.voxels) == (2, 2, 2, 0)
    (first, positive, _), (second, _, negative) = seen
    assert (first, second) == (2, 1)
    assert REFERENCE[tuple(positive[0])] == 2
    assert positive[0][1] in (5, 6)  # not at its rim
    assert negative[-1][0] == 5


def test_without_a_pencil_clicks_go_on_and_a_case_that_they_do_not_finish_counts_as_the_most() -> None:
    parts = cuboids(*((1, slice(0, 6, 5), slice(2 * n, 2 * n + 1), slice(0, 12)) for n in range(5)))
    annotator, nothing = SimulatedAnnotator(parts, (1,), 0.99), np.zeros_like(parts)

    def line(mask: NDArray[np.bool_], strokes: Strokes, helped: Callable[[int], bool]) -> NDArray[np.bool_]:
        k, j, _ = strokes.positive[-1]
        answer = mask.copy()
        if helped(int(k)):
            answer[k, j] = parts[k, j] == 1
        return answer

    assert annotator.clicks_alone(nothing, lambda _, mask, strokes: line(mask, strokes, lambda k: True)) == (10, True)
    asked: list[int] = []

    def upper_half(_: int, mask: NDArray[np.bool_], strokes: Strokes) -> NDArray[np.bool_]:
        asked.append(int(strokes.positive[-1][0]))
        return line(mask, strokes, lambda k: k == 5)

    assert annotator.clicks_alone(nothing, upper_half) == (20, False)
    assert sorted(asked) == [0] * 5 + [5] * 5, "each part once, whatever failed before"


def test_clicks_that_do_not_help_are_undone_and_the_rest_is_drawn() -> None:
    def stubborn(value: int, mask: NDArray[np.bool_], strokes: Strokes) -> NDArray[np.bool_]:
        return ~mask

    start = np.zeros_like(REFERENCE)
    annotator = SimulatedAnnotator(REFERENCE, (1, 2), 0.9)
    by_hand, hand = annotator.by_hand(start)
    label, work = annotator.by_clicks(start, stubborn)
    np.testing.assert_array_equal(label, by_hand)
    assert 0 < work.clicks <= PATIENCE
    assert work.path == hand.path + work.clicks
    assert work.strokes == hand.strokes + work.clicks


def test_a_target_must_be_a_dice() -> None:
    with pytest.raises(MedOptError, match=r"expected a Dice above 0, up to 1, found 1\.2"):
        SimulatedAnnotator(REFERENCE, (1,), 1.2)


def deepest(part: NDArray[np.bool_], spacing: tuple[float, float]) -> float:
    """Largest distance of a pixel of ``part`` to one that is outside of it, the outside of the picture included."""
    j, i = np.indices(np.array(part.shape) + 2) - 1
    framed = np.pad(part, 1)
    outer = np.stack([j[~framed], i[~framed]], axis=1)
    return max(float(np.linalg.norm((outer - pixel) * spacing, axis=1).min()) for pixel in np.argwhere(part))


@pytest.mark.parametrize("spacing", [(8.0, 1.0, 1.0), (1.0, 1.0, 1.0), (1.0, 2.0, 0.5)])
def test_in_a_single_slice_a_click_goes_to_the_deepest_pixel_of_the_largest_part(
    spacing: tuple[float, float, float],
) -> None:
    reference = np.zeros((1, 24, 30), np.uint8)
    reference[0, 2:15, 3:12] = 1
    reference[0, 16:22, 14:28] = 1
    reference[0, 12:14, 10:20] = 1
    annotator = SimulatedAnnotator(reference, (1,), 0.9, spacing)
    start = np.zeros_like(reference)
    start[0, 16:22, 14:28] = 1
    part = (reference != start)[0]
    found = annotator.next_click(start, set())
    assert found is not None
    value, adds, (k, j, i) = found
    assert (value, adds, k) == (1, True, 0)
    outer = np.argwhere(~np.pad(part, 1)) - 1
    depth = np.linalg.norm((outer - (j, i)) * spacing[1:], axis=1).min()
    assert depth == pytest.approx(deepest(part, spacing[1:]))


def test_in_a_single_slice_too_much_is_clicked_away_and_what_was_given_up_is_passed_over() -> None:
    reference = np.zeros((1, 20, 20), np.uint8)
    reference[0, 2:8, 2:8] = 1
    start = np.zeros_like(reference)
    start[0, 9:18, 9:18] = 1
    annotator = SimulatedAnnotator(reference, (1,), 0.9)
    assert annotator.next_click(start, set()) == (1, False, (0, 13, 13))
    found = annotator.next_click(start, {(0, 10, 10)})  # any voxel of the part
    assert found is not None
    assert found[:2] == (1, True)
    assert found[2] in {(0, j, i) for j in (4, 5) for i in (4, 5)}
    assert annotator.next_click(start, {(0, 10, 10), (0, 3, 3)}) is None
    assert annotator.next_click(reference, set()) is None


def test_in_a_single_slice_clicks_reach_the_target_with_assist() -> None:
    j, i = np.indices((64, 64))
    inside = np.hypot(j - 30, i - 34) < 14
    image = (100 * inside + np.random.default_rng(2).normal(0, 8, inside.shape)).astype(np.float32)
    assistant = Assistant(image[np.newaxis, np.newaxis], (8.0, 1.0, 1.0))

    def refine(_value: int, mask: NDArray[np.bool_], strokes: Strokes) -> NDArray[np.bool_]:
        return assistant.refine(mask, strokes).applied(mask)

    reference = inside[np.newaxis].astype(np.uint8)
    annotator = SimulatedAnnotator(reference, (1,), 0.95, (8.0, 1.0, 1.0))
    label, work = annotator.by_clicks(np.zeros_like(reference), refine)
    assert brute_dice(label == 1, reference == 1) >= 0.95
    assert (work.clicks, work.voxels) == (1, 0)
