from __future__ import annotations

import sys
import types
from dataclasses import replace

import numpy as np
import pytest

from medopt.labelling.assist.patch import Patch
from medopt.labelling.assist.strokes import Strokes
from MedOptCoreLib import assist_answers
from MedOptCoreLib.assist_answers import medoptAnswer
from MedOptCoreLib.assist_modes import Mode
from MedOptCoreLib.assist_task import AssistTask


def task(points, *, shape=(1, 40, 50), axis=0, belongs=True, current=None, allowed=None):
    none = np.zeros((0, 3), np.intp)
    click = np.array([[0, 3, 4]])
    return AssistTask(
        corner=(7, 0, 0),
        spacing=(3.0, 1.0, 0.5),
        image=np.zeros((1, *shape), np.float32),
        current=np.zeros(shape, bool) if current is None else current,
        probability=np.full(shape, 0.5, np.float32),
        allowed=allowed,
        positive=click if belongs else none,
        negative=none if belongs else click,
        line=click,
        points=np.asarray(points, float),
        axis=axis,
        belongs=belongs,
        radius=5.0,
    )


CORNERS = [(0, 5, 10), (0, 5, 40), (0, 25, 40), (0, 25, 10)]


def test_an_oval_has_the_area_of_an_ellipse_and_touches_its_box():
    patch = medoptAnswer(Mode.OVAL, task(CORNERS))
    assert patch.corner == (0, 5, 10)
    assert patch.values.shape == (1, 21, 31)
    assert patch.values.sum() == pytest.approx(np.pi * 10 * 15, rel=0.02)
    np.testing.assert_array_equal(patch.values, patch.values[:, ::-1, ::-1])


def test_an_oval_is_taken_away_or_held_back_by_the_mask():
    full = np.ones((1, 40, 50), bool)
    left = medoptAnswer(Mode.OVAL, task(CORNERS, belongs=False, current=full)).applied(full)
    assert not left[0, 15, 25]
    assert left[0, 5, 10]
    allowed = np.zeros_like(full)
    allowed[0, :15] = True
    patch = medoptAnswer(Mode.OVAL, task(CORNERS, allowed=allowed))
    assert patch.applied(~full)[0, :15].any()
    assert not patch.applied(~full)[0, 15:].any()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_an_oval_lies_in_the_slice_of_the_view(axis):
    shape = [20, 20, 20]
    shape[axis] = 1
    corners = np.array([[4, 4, 4], [14, 14, 14]])
    corners[:, axis] = 0
    patch = medoptAnswer(Mode.OVAL, task(corners, shape=tuple(shape), axis=axis))
    assert patch.values.sum() == pytest.approx(np.pi * 25, rel=0.1)


def test_a_click_instead_of_a_drag_is_one_voxel():
    patch = medoptAnswer(Mode.OVAL, task([(0, 5, 10)]))
    assert (patch.corner, patch.values.shape) == ((0, 5, 10), (1, 1, 1))


def test_strokes_go_to_the_assistant_as_the_contract_says(monkeypatch):
    seen = {}

    class Assistant:
        def __init__(self, image, spacing, probability):
            seen.update(image=image, spacing=spacing, probability=probability)

        def refine(self, current, strokes, *, region, allowed):
            seen.update(current=current, strokes=strokes, region=region, allowed=allowed)
            return Patch.between(current, ~current)

    library = types.ModuleType("assistants")
    library.Assistant, library.Strokes = Assistant, Strokes
    monkeypatch.setitem(sys.modules, "assistants", library)
    monkeypatch.setattr(assist_answers, "LIBRARY", "assistants")
    asked = task([(0, 3, 4)])
    patch = medoptAnswer(Mode.STROKES, asked)
    assert patch.values.all()
    assert seen["image"] is asked.image
    assert seen["probability"] is asked.probability
    assert seen["spacing"] == (3.0, 1.0, 0.5)
    assert seen["strokes"].positive.tolist() == [[0, 3, 4]]
    assert len(seen["strokes"].negative) == 0
    assert seen["region"] is None


@pytest.mark.parametrize("belongs", [True, False])
@pytest.mark.parametrize("mode", list(Mode))
def test_every_way_of_drawing_has_an_answer_of_the_library_itself(mode, belongs):
    """A bright block in a slice, drawn at in each way: what changes is of the block, or off it."""
    bright = np.zeros((1, 40, 50), bool)
    bright[0, 8:23, 13:38] = True
    whole = bright.copy()
    if mode is Mode.CUT:
        bright[0, :, 24:26] = False
        bright[0, 12:14, 24:26] = whole[0, 12:14, 24:26] = True
    start = whole if mode is Mode.CUT else np.zeros_like(bright) if belongs else bright
    line = np.array([[0, row, 30] for row in range(7, 24)])
    asked = replace(
        task(CORNERS, belongs=belongs, current=start),
        image=np.where(bright, 100, 0).astype(np.float32)[np.newaxis],
        probability=None,
        positive=line[5:9] if belongs else line[:0],
        negative=line[:0] if belongs else line[5:9],
        line=line if mode is Mode.CUT else line[5:9],
    )
    after = medoptAnswer(mode, asked).applied(start)
    assert (after != start).sum() > 20
    if mode is Mode.CUT:
        assert not after[0, 15, 37]
        assert after[0, 15, 15]
    elif belongs:
        assert after[tuple(asked.line.T)].all()
    else:
        assert not after[tuple(asked.line.T)].any()


def test_the_librarys_own_answer_in_a_scene(headless, mrml):
    """A click in the half of a bright block that is missing brings it, and leaves what is dark."""
    from assist_scene import OBLIQUE, axes_along, edit_scene, ras

    from MedOptCoreLib.assist_presenter import AssistPresenter
    from MedOptCoreLib.case_probability import CaseProbability
    from MedOptCoreLib.settings_store import MemoryStore

    case = edit_scene(headless)
    presenter = AssistPresenter(CaseProbability(MemoryStore(), lambda _folder: None), medoptAnswer)
    bright = case.image > 250
    wrong = (case.segment() != bright).sum()
    presenter.press(ras(OBLIQUE, (25, 18, 15))[0], axes_along(OBLIQUE, 0))
    assert presenter.release(case.target), presenter.status
    assert case.segment()[25, 18, 15]
    assert (case.segment() != bright).sum() < 0.1 * wrong
    case.logic.Undo()
    np.testing.assert_array_equal(case.segment(), case.label == 1)
