"""What was drawn as a question about a part of the image."""

from types import SimpleNamespace

import numpy as np
import pytest
from assist_scene import OBLIQUE, axes_along, edit_scene, ras

from MedOptCoreLib.assist_modes import Mode
from MedOptCoreLib.assist_question import Drawn, Question, corners
from MedOptCoreLib.stroke_book import Step, StrokeBook, as_voxels


@pytest.fixture
def case(headless, mrml):
    return edit_scene(headless)


def drawn(*indices, belongs=True):
    """A line through voxels (k, j, i)."""
    return Drawn(ras(OBLIQUE, *indices), axes_along(OBLIQUE, 0), belongs)


def ask(case, line, mode=Mode.STROKES, *, sliceOnly=False):
    return Question(case.target, line, mode, sliceOnly=sliceOnly, radius=3.0)


def unknown():
    return SimpleNamespace(part=lambda _start, _shape: None)


def test_a_line_is_its_voxels_and_a_slice_is_one_voxel_thick(case):
    question = ask(case, drawn((20, 18, 10), (20, 18, 14)), sliceOnly=True)
    assert question.planar
    np.testing.assert_array_equal(question.voxels, [(20, 18, i) for i in range(10, 15)])
    box = question.region(1.0)
    assert box.shape == (1, *OBLIQUE.shape[1:])
    assert box.start[0] == 20


def test_a_larger_region_holds_the_smaller_one(case):
    question = ask(case, drawn((20, 18, 12)))
    assert not question.planar
    small, large = question.region(0.25), question.region(0.5)
    assert all(a >= b for a, b in zip(small.start, large.start, strict=True))
    assert all(a <= b for a, b in zip(small.stop, large.stop, strict=True))
    assert small.shape != large.shape


def test_a_task_is_in_the_indices_of_its_part(case):
    question = ask(case, drawn((20, 18, 12)))
    box = question.region(0.25)
    task = question.task(box, unknown(), StrokeBook())
    np.testing.assert_array_equal(task.positive + np.asarray(box.start), [(20, 18, 12)])
    np.testing.assert_allclose(task.points + np.asarray(box.start), [(20, 18, 12)], atol=1e-6)
    assert task.image.shape == (1, *box.shape) == (1, *task.current.shape)
    assert task.probability is None
    assert len(task.negative) == 0
    assert task.axis == 0


def test_older_strokes_count_where_the_segment_still_says_so(case):
    nothing = np.zeros((0, 0, 0), bool)
    book = StrokeBook()
    yes = as_voxels([(15, 18, 12), (25, 18, 12)])  # inside the segment, and beyond it
    no = as_voxels([(16, 18, 12), (26, 18, 12)])
    book.push(Step(yes, no, (0, 0, 0), nothing, nothing))
    question = ask(case, drawn((22, 18, 12)))
    box = question.region(4.0)
    task = question.task(box, unknown(), book)
    np.testing.assert_array_equal(task.positive + np.asarray(box.start), [(15, 18, 12), (22, 18, 12)])
    np.testing.assert_array_equal(task.negative + np.asarray(box.start), [(26, 18, 12)])


def test_the_new_stroke_wins_over_older_ones(case):
    nothing = np.zeros((0, 0, 0), bool)
    book = StrokeBook()
    book.push(Step(as_voxels([(15, 18, 12)]), as_voxels([]), (0, 0, 0), nothing, nothing))
    question = ask(case, drawn((15, 18, 12), belongs=False))
    task = question.task(question.region(1.0), unknown(), book)
    assert len(task.positive) == 0
    assert len(task.negative) == 1


def test_a_rectangle_has_right_angles_and_lies_in_the_view():
    turn = np.array([[0.8, 0.6, 0.0], [-0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    first, last = np.array([1.0, 2.0, 3.0]), np.array([4.0, -1.0, 3.0])
    found = corners(first, last, turn)
    np.testing.assert_allclose(found[[0, 2]], [first, last])
    for here in range(4):
        one, other = found[here - 1] - found[here], found[(here + 1) % 4] - found[here]
        assert one @ other == pytest.approx(0, abs=1e-9)
    assert Drawn(np.stack([first, last]), turn, True).traced(Mode.BOX).shape == (4, 3)
    assert Drawn(np.stack([first, last]), turn, True).traced(Mode.STROKES).shape == (2, 3)
