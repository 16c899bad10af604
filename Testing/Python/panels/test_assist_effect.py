"""The effect's class runs on strict stand-ins of its host and its views, and on Slicer's real Segment Editor logic."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import slicer
import vtk
from assist_scene import BallAnswer, edit_scene, ras
from standins.effects import Interactor, ScriptedEffect, SliceWidget, ThreeDWidget, install_effects, xy_of

from medopt.image import Geometry
from MedOptCoreLib.assist_modes import GESTURES, Mode

GRID = Geometry((40, 36, 30), (2.0, 1.0, 0.8), (-12.0, 20.0, 7.5))
PRESS, MOVE, RELEASE = (
    vtk.vtkCommand.LeftButtonPressEvent,
    vtk.vtkCommand.MouseMoveEvent,
    vtk.vtkCommand.LeftButtonReleaseEvent,
)


@pytest.fixture
def registered(application, monkeypatch):
    application(window=True)
    known = install_effects(monkeypatch)
    from MedOptCoreLib.effect_registration import registerEffect

    assert registerEffect()
    assert registerEffect(), "a second time does no harm"
    (host,) = known
    return host


@pytest.fixture
def used(registered, headless, views):
    """An editor's copy of the effect, active in an axial view, with an answer that can be foretold."""
    case = edit_scene(headless, GRID)
    host = registered.self().clone()
    assert isinstance(host, ScriptedEffect)
    assert host is not registered
    effect = host.self()
    host.use(case.logic)
    effect.setupOptionsFrame()
    effect.setMRMLDefaults()
    answer = BallAnswer()
    effect.presenter._answer = answer
    effect.activate()
    logic = views["Red"]
    node = logic.GetSliceNode()
    node.SetFieldOfView(60.0, 45.0, 1.0)
    centre = ras(GRID, (30, 18, 15))[0]
    node.JumpSliceByCentering(*centre)
    return SimpleNamespace(
        case=case, host=host, effect=effect, ui=effect.ui, answer=answer, view=SliceWidget(logic), node=node
    )


def mouse(used, event, index, **keys):
    """An event at a voxel of slice 30; whether the effect took it."""
    xy = xy_of(used.view, ras(GRID, index)[0])
    return used.effect.processInteractionEvents(Interactor(xy, **keys), event, used.view)


def test_its_name_icon_and_help(registered):
    assert registered.name == "MedOpt Assist"
    assert registered.perSegment
    assert registered.self().icon().path.endswith("MedOptAssist.png")
    assert "Ctrl + left button" in registered.self().helpText()
    assert slicer.SegmentEditorMedOptLib is not None


def test_a_click_in_a_view_changes_the_segment(used):
    before = used.case.segment()
    assert mouse(used, PRESS, (30, 10, 20))
    assert mouse(used, RELEASE, (30, 10, 20))
    added = used.case.segment() & ~before
    assert added[30, 10, 20]
    assert added.sum() == 125
    assert "125 voxels added" in used.ui.statusLabel.text
    used.case.logic.Undo()
    np.testing.assert_array_equal(used.case.segment(), before)


def test_ctrl_takes_away_and_shift_is_the_views(used):
    assert mouse(used, PRESS, (30, 10, 20), control=True)
    assert mouse(used, RELEASE, (30, 10, 20), control=True)
    assert not used.answer.tasks[-1].belongs
    assert not mouse(used, PRESS, (30, 10, 20), shift=True)
    assert not mouse(used, RELEASE, (30, 10, 20), shift=True)
    assert len(used.answer.tasks) == 1


def test_a_scribble_is_shown_while_it_is_drawn(used):
    view = used.view
    assert not mouse(used, MOVE, (30, 10, 12)), "nothing is drawn yet"
    mouse(used, PRESS, (30, 10, 12))
    line = used.host.actors[view][0]
    assert line.GetVisibility()
    assert mouse(used, MOVE, (30, 14, 12))
    assert mouse(used, MOVE, (30, 14, 18))
    points = line.GetMapper().GetInput().GetPoints()
    shown = [points.GetPoint(n)[:2] for n in range(points.GetNumberOfPoints())]
    wanted = [xy_of(view, ras(GRID, index)[0]) for index in ((30, 10, 12), (30, 14, 12), (30, 14, 18))]
    np.testing.assert_allclose(shown, wanted, atol=0.51)
    used.node.SetFieldOfView(30.0, 22.5, 1.0)
    used.effect.processViewNodeEvents(used.node, vtk.vtkCommand.ModifiedEvent, view)
    np.testing.assert_allclose(points_of(line)[0], xy_of(view, ras(GRID, (30, 10, 12))[0]), atol=1.5)
    assert mouse(used, RELEASE, (30, 14, 18))
    assert not line.GetVisibility()
    task = used.answer.tasks[-1]
    line_voxels = {tuple(v) for v in (task.line + task.corner).tolist()}
    assert {(30, 10, 12), (30, 12, 12), (30, 14, 12), (30, 14, 18)} <= line_voxels


def points_of(actor):
    points = actor.GetMapper().GetInput().GetPoints()
    return [points.GetPoint(n)[:2] for n in range(points.GetNumberOfPoints())]


def test_two_fast_clicks_are_two_clicks_and_change_no_layout(used):
    mouse(used, PRESS, (30, 10, 20))
    mouse(used, RELEASE, (30, 10, 20))
    assert mouse(used, vtk.vtkCommand.LeftButtonDoubleClickEvent, (30, 12, 8))
    assert mouse(used, RELEASE, (30, 12, 8))
    assert len(used.answer.tasks) == 2


def test_escape_gives_the_line_up(used):
    mouse(used, PRESS, (30, 10, 20))
    assert not used.effect.processInteractionEvents(Interactor(key="a"), vtk.vtkCommand.KeyPressEvent, used.view)
    assert used.effect.processInteractionEvents(Interactor(key="Escape"), vtk.vtkCommand.KeyPressEvent, used.view)
    assert not mouse(used, RELEASE, (30, 10, 20))
    assert used.answer.tasks == []


def test_a_hidden_segment_is_asked_for_and_the_line_not_begun(used):
    for answer in (0, 2):
        used.host.__dict__["answer"] = answer
        assert mouse(used, PRESS, (30, 10, 20))
        assert not mouse(used, RELEASE, (30, 10, 20))
    assert used.answer.tasks == []


def test_three_dimensional_views_are_left_alone(used):
    assert not used.effect.processInteractionEvents(Interactor(), PRESS, ThreeDWidget())


@pytest.mark.parametrize("mode", list(Mode))
def test_each_mode_has_its_button_and_is_stored_in_the_scene(used, mode):
    button = getattr(used.ui, GESTURES[mode].button)
    assert button.toolTip
    button.click()
    assert used.host.parameter("Mode") == mode.value
    assert [getattr(used.ui, g.button).checked for g in GESTURES.values()].count(True) == 1
    assert button.checked
    assert used.ui.helpLabel.text == GESTURES[mode].help
    assert used.ui.radiusSlider.visible == (mode is Mode.BRUSH)
    assert used.ui.sliceOnlyCheckBox.enabled == (not GESTURES[mode].planar)
    button.click()
    assert button.checked, "a mode is not switched off by its own button"
    mouse(used, PRESS, (30, 10, 12))
    mouse(used, MOVE, (30, 14, 16))
    mouse(used, RELEASE, (30, 14, 16))
    assert used.answer.modes == [mode]


def test_options_are_stored_and_shown_and_none_resets_another(used):
    used.ui.sliceOnlyCheckBox.click()
    used.ui.takesAwayCheckBox.click()
    used.ui.brushButton.click()
    used.ui.radiusSlider.slide(8.5)
    presenter = used.effect.presenter
    assert (presenter.sliceOnly, presenter.takesAway, presenter.radius) == (True, True, 8.5)
    used.host.setParameter("TakesAway", 0)
    assert not used.ui.takesAwayCheckBox.checked
    assert used.ui.sliceOnlyCheckBox.checked
    assert used.ui.radiusSlider.value == 8.5


def test_a_circle_as_large_as_the_brush_follows_the_mouse(used):
    used.ui.brushButton.click()
    mouse(used, MOVE, (30, 18, 15))
    circle = used.host.actors[used.view][1]
    assert circle.GetVisibility()
    centre = np.asarray(xy_of(used.view, ras(GRID, (30, 18, 15))[0]))
    pixels = 400 / 60.0
    distance = np.linalg.norm(np.asarray(points_of(circle)) - centre, axis=1)
    np.testing.assert_allclose(distance, used.effect.presenter.radius * pixels, atol=1.0)
    used.effect.processInteractionEvents(Interactor(), vtk.vtkCommand.LeaveEvent, used.view)
    assert not circle.GetVisibility()


def test_errors_are_told_in_the_status_line_and_never_in_a_dialog(used, application):
    used.case.parameters.SetSelectedSegmentID(None)
    mouse(used, PRESS, (30, 10, 20))
    mouse(used, RELEASE, (30, 10, 20))
    assert "no segment is selected" in used.ui.statusLabel.text


def test_it_gets_ready_in_steps_of_the_timer(used):
    timer = used.effect.timer._timer
    assert timer.active
    for _n in range(10):
        timer.tick()
    assert not timer.active
    assert used.ui.knownLabel.text == "From the image and the strokes alone."


def test_strokes_are_forgotten_by_a_button(used):
    assert not used.ui.forgetButton.enabled
    mouse(used, PRESS, (30, 10, 20))
    mouse(used, RELEASE, (30, 10, 20))
    assert used.ui.forgetButton.enabled
    used.ui.forgetButton.click()
    assert not used.ui.forgetButton.enabled


def test_nothing_is_left_behind(used):
    mouse(used, PRESS, (30, 10, 20))
    assert used.host.actors[used.view]
    used.effect.deactivate()
    assert used.host.actors[used.view] == []
    assert not used.effect.presenter.drawing
    assert not used.effect.timer._timer.active
    used.effect.activate()
    mouse(used, PRESS, (30, 10, 20))
    used.effect.cleanup()
    assert used.host.actors[used.view] == []
    assert used.effect.createCursor(used.view).shape == 2


def test_another_image_or_grid_gives_the_line_up(used):
    for change in (used.effect.referenceGeometryChanged, used.effect.sourceVolumeNodeChanged):
        mouse(used, PRESS, (30, 10, 20))
        change()
        assert not used.effect.presenter.drawing
    registered = used.host.self().clone().self()
    registered.referenceGeometryChanged()
    registered.sourceVolumeNodeChanged()
    registered.updateGUIFromMRML()
    registered.cleanup()


def test_it_stands_first_in_an_editor(registered):
    from MedOptCoreLib.effect_registration import NAME, putFirst

    editor = slicer.qMRMLSegmentEditorWidget()
    putFirst(editor)
    putFirst(editor)
    assert editor.effectNameOrder()[:2] == [NAME, "Threshold"]
    assert editor.effectNameOrder().count(NAME) == 1


def test_an_incomplete_segment_editor_goes_without_it(application, monkeypatch, caplog):
    import sys

    application(window=True)
    from MedOptCoreLib.effect_registration import offerAssist

    monkeypatch.setattr(slicer, "SegmentEditorMedOptLib", None, raising=False)
    monkeypatch.setitem(sys.modules, "qSlicerSegmentationsEditorEffectsPythonQt", None)
    editor = slicer.qMRMLSegmentEditorWidget()
    assert not offerAssist(editor)
    assert editor.effectNameOrder()[0] == "Threshold"
    assert "needs Slicer's Segment Editor" in caplog.text


@pytest.mark.parametrize("complete", [True, False])
def test_the_hidden_module_registers_it_when_slicer_has_started(application, monkeypatch, caplog, complete):
    import importlib
    import sys

    started = application(window=True)
    known = install_effects(monkeypatch)
    if not complete:
        monkeypatch.setitem(sys.modules, "qSlicerSegmentationsEditorEffectsPythonQt", None)
    monkeypatch.delitem(sys.modules, "MedOptCore", raising=False)
    module = importlib.import_module("MedOptCore")
    home = module.MedOptCore(SimpleNamespace())
    assert home.parent.hidden
    assert known == []
    started.app.emit("startupCompleted()")
    assert len(known) == complete
    assert ("needs the Segment Editor" in caplog.text) == (not complete)
    sys.modules.pop("MedOptCore", None)


def test_the_labelling_panel_lists_it_first(application, monkeypatch):
    started = application(window=True)
    install_effects(monkeypatch)
    from MedOptLabelLib.embedded_editor import EmbeddedEditor

    editor = EmbeddedEditor(started.scene, lambda _needed: None)
    assert editor.widget.effectNameOrder()[0] == "MedOpt Assist"


def test_the_server_is_off_until_the_user_sets_check_mark_and_address(used):
    ui, server = used.ui, used.effect.server
    assert not ui.serverCheckBox.checked
    assert not ui.serverEdit.visible
    assert not ui.serverLabel.visible
    ui.serverCheckBox.click()
    assert ui.serverEdit.visible
    assert ui.serverLabel.text.startswith("Type the address of your server")
    assert not server.active
    ui.serverEdit.text = "nowhere"
    ui.serverEdit.emit("editingFinished()")
    assert ui.serverLabel.text.startswith("⚠ not the address of a server")
    assert ui.serverEdit.text == "nowhere"
    ui.serverEdit.text = "http://localhost:1527"
    ui.serverEdit.emit("editingFinished()")
    assert server.active
    assert "are sent to http://localhost:1527." in ui.serverLabel.text
    assert slicer.app.userSettings().value("MedOpt/AssistServer") == "http://localhost:1527"
    ui.serverCheckBox.click()
    assert not server.active
    assert not ui.serverLabel.visible
