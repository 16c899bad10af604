from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from MedOptCoreLib import stroke_book
from MedOptCoreLib.stroke_book import KEPT, Step, StrokeBook, as_voxels


def step(mask: np.ndarray, start: int, stop: int, value: bool) -> Step:
    """Set voxels of a row, as a stroke does."""
    before = mask[0, 0, start:stop].reshape(1, 1, -1).copy()
    mask[0, 0, start:stop] = value
    voxels = as_voxels([[0, 0, start]])
    positive, negative = (voxels, as_voxels([])) if value else (as_voxels([]), voxels)
    return Step(positive, negative, (0, 0, start), before, mask[0, 0, start:stop].reshape(1, 1, -1).copy())


def reader(mask):
    return lambda corner, shape: mask[tuple(slice(c, c + n) for c, n in zip(corner, shape, strict=True))]


def test_an_empty_book_has_no_strokes():
    positive, negative = StrokeBook().strokes()
    assert positive.shape == negative.shape == (0, 3)


@given(seed=st.integers(0, 10**6), undone=st.integers(0, 6), redone=st.integers(0, 6))
def test_it_follows_undo_and_redo(seed, undone, redone):
    rng = np.random.default_rng(seed)
    mask = np.zeros((1, 1, 30), bool)
    book, states, steps = StrokeBook(), [mask.copy()], []
    for number in range(5):
        start = int(rng.integers(0, 25))
        value = not mask[0, 0, start]  # so that each one changes something
        steps.append(step(mask, start, start + int(rng.integers(1, 6)), value))
        book.push(steps[-1])
        states.append(mask.copy())
        assert len(book) == number + 1
    left = max(5 - undone, 0)
    book.follow(reader(states[left]))
    same = [n for n, state in enumerate(states) if np.array_equal(state, states[left])]
    assert len(book) == max(same), "of states that look the same, the one of most strokes"
    back = min(left + redone, 5)
    book.follow(reader(states[back]))
    same = [n for n, state in enumerate(states) if np.array_equal(state, states[back])]
    assert len(book) == max(same)


def test_a_new_stroke_ends_what_could_be_redone():
    mask = np.zeros((1, 1, 9), bool)
    book = StrokeBook()
    start = mask.copy()
    book.push(step(mask, 0, 3, True))
    after = mask.copy()
    book.follow(reader(start))
    mask = start.copy()
    book.push(step(mask, 5, 7, True))
    book.follow(reader(after | mask))
    assert len(book) == 1


def test_a_stroke_that_changed_nothing_goes_with_the_one_before():
    mask = np.zeros((1, 1, 9), bool)
    book, none = StrokeBook(), np.zeros((0, 0, 0), bool)
    book.push(Step(as_voxels([[0, 0, 8]]), as_voxels([]), (0, 0, 0), none, none))
    book.push(step(mask, 0, 3, True))
    book.push(Step(as_voxels([[0, 0, 1]]), as_voxels([]), (0, 0, 0), none, none))
    book.follow(reader(np.zeros_like(mask)))
    assert len(book) == 1
    book.follow(reader(mask))
    assert len(book) == 3


def test_work_of_other_tools_undoes_no_stroke():
    mask = np.zeros((1, 1, 9), bool)
    book = StrokeBook()
    book.push(step(mask, 0, 3, True))
    mask[0, 0, 1] = False
    book.follow(reader(mask))
    assert len(book) == 1


def test_the_later_of_contradicting_strokes_counts():
    mask = np.zeros((1, 1, 9), bool)
    book = StrokeBook()
    book.push(step(mask, 0, 3, True))
    book.push(step(mask, 4, 5, True))
    book.push(step(mask, 0, 2, False))
    positive, negative = book.strokes()
    assert positive.tolist() == [[0, 0, 4]]
    assert negative.tolist() == [[0, 0, 0]]
    book.clear()
    assert len(book) == 0


def test_it_does_not_grow_without_end():
    book, none = StrokeBook(), np.zeros((0, 0, 0), bool)
    for _n in range(KEPT + 5):
        book.push(Step(as_voxels([]), as_voxels([]), (0, 0, 0), none, none))
    assert len(book) == KEPT


def test_of_huge_changes_only_the_strokes_are_kept(monkeypatch):
    monkeypatch.setattr(stroke_book, "MOST_VOXELS", 5)
    mask = np.zeros((1, 1, 9), bool)
    book = StrokeBook()
    book.push(step(mask, 0, 3, True))
    first = mask.copy()
    book.push(step(mask, 4, 8, True))
    assert book.strokes()[0].tolist() == [[0, 0, 0], [0, 0, 4]]
    book.follow(reader(np.zeros_like(mask)))
    assert len(book) == 1, "what is not remembered can't be found undone"
    book.follow(reader(mask))
    assert len(book) == 2
    book.follow(reader(first))
    assert len(book) == 1


def test_after_another_tool_the_last_stroke_can_still_be_undone():
    mask = np.zeros((1, 1, 9), bool)
    book = StrokeBook()
    book.push(step(mask, 0, 3, True))
    book.push(step(mask, 4, 5, True))
    mask[0, 0, 1] = False
    before = mask.copy()
    book.push(step(mask, 7, 9, True))
    book.follow(reader(before))
    assert len(book) == 2
