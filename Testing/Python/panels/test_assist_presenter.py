from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from assist_scene import OBLIQUE, BallAnswer, axes_along, edit_scene, ras, segment_of

from medopt.image import Geometry
from medopt.labelling.assist.patch import Patch
from medopt.scene.frames import vtk_matrix
from MedOptCoreLib import assist_presenter
from MedOptCoreLib.assist_modes import GESTURES, Mode
from MedOptCoreLib.assist_presenter import AssistPresenter
from MedOptCoreLib.case_probability import CaseProbability
from MedOptCoreLib.settings_store import MemoryStore


@pytest.fixture
def case(headless, mrml):
    return edit_scene(headless)


@pytest.fixture
def answer():
    return BallAnswer()


@pytest.fixture
def presenter(answer):
    return AssistPresenter(CaseProbability(MemoryStore(), no_project), answer)


def no_project(_folder: Path):
    raise AssertionError("no project is open")


def stroke(presenter, case, *voxels, other=False, axis=0, target=None):
    """Draw through voxels."""
    points = ras(case.geometry, *voxels)
    presenter.press(points[0], axes_along(case.geometry, axis), other=other)
    for point in points[1:]:
        presenter.drag(point)
    return presenter.release(target or case.target)


def cube(geometry, voxel, radius=2):
    result = np.zeros(geometry.shape, bool)
    result[tuple(slice(max(v - radius, 0), v + radius + 1) for v in voxel)] = True
    return result


def test_a_click_changes_the_segment_where_it_was_on_a_turned_grid(presenter, case):
    before = case.segment()
    assert stroke(presenter, case, (30, 10, 20))
    np.testing.assert_array_equal(case.segment(), before | cube(OBLIQUE, (30, 10, 20)))
    assert "125 voxels added, 0 taken away" in presenter.status
    assert presenter.strokes(case.target) == 1


def test_the_other_button_takes_away(presenter, case):
    before = case.segment()
    assert stroke(presenter, case, (15, 15, 15), other=True)
    np.testing.assert_array_equal(case.segment(), before & ~cube(OBLIQUE, (15, 15, 15)))
    assert "0 voxels added, 125 taken away" in presenter.status
    presenter.set(takesAway=True)
    assert stroke(presenter, case, (30, 10, 20), other=True)
    assert case.segment()[30, 10, 20]
    assert stroke(presenter, case, (30, 10, 20))
    assert not case.segment()[30, 10, 20]


def test_a_scribble_is_a_line_of_voxels_and_older_strokes_count(presenter, case, answer):
    stroke(presenter, case, (30, 10, 20), (30, 14, 20))
    stroke(presenter, case, (32, 10, 10), other=True)
    task = answer.tasks[-1]
    assert (task.positive + task.corner).tolist() == [[30, j, 20] for j in range(10, 15)]
    assert (task.negative + task.corner).tolist() == [[32, 10, 10]]
    assert (task.line + task.corner).tolist() == [[32, 10, 10]]
    assert not task.belongs
    assert task.axis == 0
    assert task.spacing == pytest.approx(OBLIQUE.spacing)


def test_the_image_and_the_segment_of_a_task_are_those_of_its_region(presenter, case, answer):
    stroke(presenter, case, (20, 20, 20))
    task = answer.tasks[-1]
    part = tuple(slice(c, c + n) for c, n in zip(task.corner, task.current.shape, strict=True))
    np.testing.assert_array_equal(task.image, case.image[part][np.newaxis].astype(np.float32))
    np.testing.assert_array_equal(task.current, (case.label == 1)[part])
    assert task.probability is None
    assert task.allowed is None


def test_undo_of_the_segment_editor_takes_a_stroke_back_and_redo_brings_it_again(presenter, case, answer):
    start = case.segment()
    stroke(presenter, case, (24, 10, 20))
    middle = case.segment()
    stroke(presenter, case, (18, 15, 15), other=True)
    case.logic.Undo()
    np.testing.assert_array_equal(case.segment(), middle)
    stroke(presenter, case, (26, 20, 10))
    assert (answer.tasks[-1].positive + answer.tasks[-1].corner).tolist() == [[24, 10, 20], [26, 20, 10]]
    assert not len(answer.tasks[-1].negative)
    case.logic.Undo()
    case.logic.Undo()
    np.testing.assert_array_equal(case.segment(), start)
    case.logic.Redo()
    np.testing.assert_array_equal(case.segment(), middle)
    stroke(presenter, case, (18, 15, 15), other=True)
    assert (answer.tasks[-1].positive + answer.tasks[-1].corner).tolist() == [[24, 10, 20]]


def test_one_stroke_that_adds_and_takes_away_is_one_step_of_undo(case):
    def swap(_mode, task):
        after = task.current.copy()
        after[10:12] = False
        after[20:22, 4:6] = True
        return Patch.between(task.current, after)

    presenter = AssistPresenter(CaseProbability(MemoryStore(), no_project), swap)
    start = case.segment()
    stroke(presenter, case, (15, 15, 8))
    assert (case.segment() & ~start).any()
    assert (start & ~case.segment()).any()
    case.logic.Undo()
    np.testing.assert_array_equal(case.segment(), start)


def test_an_answer_without_change_makes_no_step_of_undo(case):
    presenter = AssistPresenter(
        CaseProbability(MemoryStore(), no_project), lambda _m, task: Patch.between(task.current, task.current)
    )
    assert not stroke(presenter, case, (15, 15, 15))
    assert "nothing changed" in presenter.status
    assert not case.logic.CanUndo()
    assert presenter.strokes(case.target) == 1


def test_nothing_outside_of_the_region_changes(headless, mrml):
    case = edit_scene(headless, Geometry((160, 150, 140), (1.0, 1.0, 1.0)))
    seen = []

    def invert(_mode, task):
        seen.append(task)
        return Patch.between(task.current, ~task.current)

    presenter = AssistPresenter(CaseProbability(MemoryStore(), no_project), invert, now=lambda: 0.0)
    before = case.segment()
    now = iter(np.arange(0, 100, assist_presenter.PATIENCE_S))
    presenter._now = lambda: float(next(now))
    stroke(presenter, case, (80, 75, 70))
    (task,) = seen
    assert task.current.shape == (65, 65, 65), "no time was left for a larger region"
    part = tuple(slice(c, c + 65) for c in task.corner)
    wanted = before.copy()
    wanted[part] = ~wanted[part]
    np.testing.assert_array_equal(case.segment(), wanted)


def test_the_region_grows_while_the_answer_runs_into_its_border(headless, mrml):
    case = edit_scene(headless, Geometry((160, 150, 140), (1.0, 1.0, 1.0)))
    seen = []

    def flood(_mode, task):
        seen.append(task.current.shape)
        return Patch.between(task.current, np.ones_like(task.current))

    presenter = AssistPresenter(CaseProbability(MemoryStore(), no_project), flood, now=lambda: 0.0)
    stroke(presenter, case, (80, 75, 70))
    assert seen == [(65, 65, 65), (129, 129, 129), (160, 150, 140)]
    assert case.segment().all()


def test_masking_is_told_to_the_answer_and_honoured(presenter, case, answer):
    import slicer

    case.parameters.SetMaskMode(slicer.vtkMRMLSegmentationNode.EditAllowedInsideSingleSegment)
    case.parameters.SetMaskSegmentID("Segment_2")
    before = case.segment()
    stroke(presenter, case, (2, 3, 3))
    added = case.segment() & ~before
    assert added.any()
    assert not (added & (case.label != 2)).any()
    task = answer.tasks[-1]
    part = tuple(slice(c, c + n) for c, n in zip(task.corner, task.current.shape, strict=True))
    np.testing.assert_array_equal(task.allowed, (case.label == 2)[part])


def test_an_intensity_range_is_told_to_the_answer_and_honoured(presenter, case, answer):
    case.parameters.SetSourceVolumeIntensityMask(True)
    case.parameters.SetSourceVolumeIntensityMaskRange(300, 1000)
    before = case.segment()
    stroke(presenter, case, (29, 15, 15))
    added = case.segment() & ~before
    assert added.any()
    assert not (added & (case.image < 300)).any()
    task = answer.tasks[-1]
    np.testing.assert_array_equal(task.allowed, (task.image[0] >= 300) & (task.image[0] <= 1000))


def test_other_segments_are_overwritten_or_kept_as_the_segment_editor_says(presenter, case):
    stroke(presenter, case, (1, 2, 2))
    assert not case.segment(2)[1, 2, 2]
    case.logic.Undo()
    np.testing.assert_array_equal(case.segment(2), case.label == 2)
    case.parameters.SetOverwriteMode(case.parameters.OverwriteNone)
    stroke(presenter, case, (1, 2, 2))
    np.testing.assert_array_equal(case.segment(2), case.label == 2)
    assert case.segment(1)[1, 2, 2]


def test_a_transform_over_image_and_segmentation_is_followed(presenter, case, mrml):
    matrix = np.array([[0.0, -1.0, 0.0, 50.0], [1.0, 0.0, 0.0, -7.0], [0.0, 0.0, 1.0, 11.0], [0.0, 0.0, 0.0, 1.0]])
    transform = mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    transform.SetMatrixTransformToParent(vtk_matrix(matrix))
    for node in (case.volume, case.node):
        node.SetAndObserveTransformNodeID(transform.GetID())
    before = case.segment()
    point = (matrix @ [*ras(OBLIQUE, (30, 10, 20))[0], 1.0])[:3]
    presenter.press(point, np.eye(3))
    assert presenter.release(case.target)
    np.testing.assert_array_equal(case.segment(), before | cube(OBLIQUE, (30, 10, 20)))


def test_an_image_on_another_grid_is_resampled_by_the_segment_editor(presenter, headless, mrml, answer):
    from medopt.image import Image
    from medopt.scene import volume_from_image

    case = edit_scene(headless)
    fine = OBLIQUE.resized([2 * n for n in OBLIQUE.shape])
    values = np.repeat(np.repeat(np.repeat(case.image, 2, 0), 2, 1), 2, 2)
    case.logic.SetSourceVolumeNode(volume_from_image(mrml, Image(values[np.newaxis], fine), "fine"))
    assert stroke(presenter, case, (20, 20, 20))
    task = answer.tasks[-1]
    inner = (0, *(slice(5, -5),) * 3)
    part = tuple(slice(c, c + n) for c, n in zip(task.corner, task.current.shape, strict=True))
    np.testing.assert_allclose(task.image[inner], case.image[part][inner[1:]], atol=1)


@pytest.mark.parametrize("mode", [mode for mode in Mode if GESTURES[mode].planar])
def test_modes_of_the_slice_change_nothing_outside_of_it(presenter, case, answer, mode):
    presenter.set(mode=mode)
    before = case.segment()
    assert stroke(presenter, case, (30, 10, 20), (30, 14, 22))
    changed = case.segment() != before
    assert changed[30].any()
    changed[30] = False
    assert not changed.any()
    assert answer.tasks[-1].current.shape == (1, *OBLIQUE.shape[1:])
    assert presenter.strokes(case.target) == 0, "only clicks and scribbles are remembered"


def test_strokes_stay_in_the_slice_on_wish(presenter, case):
    presenter.set(sliceOnly=True)
    before = case.segment()
    stroke(presenter, case, (30, 20, 10), axis=1)
    changed = case.segment() != before
    assert changed[:, 20].sum() == 25
    changed[:, 20] = False
    assert not changed.any()


def test_a_box_is_drawn_by_two_corners(presenter, case, answer):
    presenter.set(mode=Mode.BOX)
    first, middle, last = ras(OBLIQUE, (30, 10, 5), (30, 11, 25), (30, 20, 15))
    presenter.press(first, axes_along(OBLIQUE, 0))
    presenter.drag(middle)
    presenter.drag(last)
    corners = ras(OBLIQUE, (30, 10, 5), (30, 10, 15), (30, 20, 15), (30, 20, 5))
    shown = presenter.outline()
    np.testing.assert_allclose(shown[0], shown[-1])
    assert {tuple(row) for row in shown.round(6)} == {tuple(row) for row in corners.round(6)}
    presenter.release(case.target)
    line = answer.tasks[-1].line
    assert (line.min(axis=0).tolist(), line.max(axis=0).tolist()) == ([0, 10, 5], [0, 20, 15])


def test_an_oblique_view_is_refused_where_a_slice_is_needed(presenter, case):
    presenter.set(mode=Mode.LASSO)
    before = case.segment()
    assert not stroke(presenter, case, (30, 10, 20), (20, 14, 25))
    assert "not parallel to the voxels" in presenter.status
    np.testing.assert_array_equal(case.segment(), before)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda case: case.parameters.SetSelectedSegmentID(None), "no segment is selected"),
        (lambda case: case.parameters.SetAndObserveSourceVolumeNode(None), "no image to go by"),
        (lambda case: case.parameters.SetAndObserveSegmentationNode(None), "nothing to edit"),
    ],
)
def test_what_is_missing_is_told_and_nothing_changes(presenter, case, spoil, told):
    spoil(case)
    assert not stroke(presenter, case, (30, 10, 20))
    assert told in presenter.status
    np.testing.assert_array_equal(segment_of(case.node, 1, OBLIQUE), case.label == 1)
    assert presenter.strokes(case.target) == 0
    assert list(presenter.prepare(case.target)) is not None
    assert told in presenter.status


def test_a_stroke_outside_of_the_image_is_told(presenter, case):
    assert not stroke(presenter, case, (30, 100, 20))
    assert "outside of the image" in presenter.status


def test_the_time_of_an_answer_is_shown(case, answer):
    times = iter([0.0, 0.05, 0.21])
    presenter = AssistPresenter(CaseProbability(MemoryStore(), no_project), answer, now=lambda: next(times))
    stroke(presenter, case, (30, 10, 20))
    assert presenter.status.startswith("0.21 s")


def test_a_line_can_be_given_up(presenter, case, answer):
    presenter.press(ras(OBLIQUE, (30, 10, 20))[0], np.eye(3))
    assert presenter.drawing
    presenter.cancel()
    assert not presenter.drawing
    presenter.drag(ras(OBLIQUE, (30, 10, 20))[0])
    assert not presenter.release(case.target)
    assert answer.tasks == []
    assert presenter.outline().shape == (0, 3)


def test_strokes_belong_to_their_segment_and_to_their_node(presenter, headless, mrml, case, answer):
    stroke(presenter, case, (30, 10, 20))
    case.logic.SetCurrentSegmentID("Segment_2")
    stroke(presenter, case, (35, 20, 10))
    assert len(answer.tasks[-1].positive) == 1
    case.logic.SetCurrentSegmentID("Segment_1")
    assert presenter.strokes(case.target) == 1
    key = case.target.key
    headless.clear()
    other = edit_scene(headless)
    assert other.target.key == key, "another node has got the same id"
    stroke(presenter, other, (36, 30, 5))
    assert len(answer.tasks[-1].positive) == 1


def test_what_another_tool_has_erased_is_not_brought_back(presenter, case, answer):
    stroke(presenter, case, (30, 10, 20))
    case.target.write((30, 10, 20), np.ones((1, 1, 1), bool), np.zeros((1, 1, 1), bool))
    stroke(presenter, case, (36, 30, 5))
    assert (answer.tasks[-1].positive + answer.tasks[-1].corner).tolist() == [[36, 30, 5]]


def test_strokes_can_be_forgotten(presenter, case, answer):
    assert not presenter.buttons()["forgetButton"].enabled
    stroke(presenter, case, (30, 10, 20))
    assert presenter.buttons()["forgetButton"].enabled
    presenter.forgetStrokes()
    stroke(presenter, case, (36, 30, 5))
    assert len(answer.tasks[-1].positive) == 1
    assert case.segment()[30, 10, 20]


def test_options_are_held_within_bounds(presenter):
    presenter.set(radius=1000.0)
    assert presenter.radius == assist_presenter.LARGEST_MM
    presenter.set(radius=0.0)
    assert presenter.radius == assist_presenter.SMALLEST_MM
    for mode in Mode:
        presenter.set(mode=mode)
        assert presenter.help
    assert Mode.of("of a later version") is Mode.STROKES
    assert Mode.of("cut") is Mode.CUT
