"""Before and after in the slice views: exact, slice in view first, and gone without a trace."""

import numpy as np
import pytest
from slice_views import scene_state

from medopt import MedOptError
from medopt.preprocess import Pipeline, clipped
from medopt.scene import image_from_volume, marked_nodes, remove_node, show_case, show_in_slices, volume_geometry


@pytest.fixture
def preview(previews):
    previews.steps.begin()
    previews.steps.select(0)
    return previews.preprocess


def nodes(previews):
    return marked_nodes(previews.stage.scene, view="train preview")


def after(previews):
    return next(node for node in nodes(previews) if node.GetName().endswith("prepared"))


def expected(previews):
    return Pipeline(previews.steps.settings).image(previews.case.read()[1])


def test_what_is_shown_is_what_training_sees(previews, preview, views):
    previews.steps.add("resample")
    previews.steps.setField(("spacing", 1), 1.7)
    preview.show()
    preview.refiner.finish()
    wanted = expected(previews)
    assert volume_geometry(after(previews)).is_close(wanted.geometry)
    np.testing.assert_array_equal(image_from_volume(after(previews)).array, wanted.array)
    composite = views["Red"].GetSliceCompositeNode()
    assert composite.GetForegroundVolumeID() == after(previews).GetID()
    before = previews.stage.scene.GetNodeByID(composite.GetBackgroundVolumeID())
    np.testing.assert_array_equal(image_from_volume(before).array, previews.case.read()[1].array)
    assert composite.GetForegroundOpacity() == 0.5


def test_the_slice_in_view_is_right_at_once_and_the_rest_follows(previews, preview, views, monkeypatch):
    from MedOptTrainLib import refiner

    monkeypatch.setattr(refiner, "PIECE_VOXELS", 1)
    preview.show()
    preview.refiner.finish()
    old = image_from_volume(after(previews)).array[0].copy()
    previews.steps.setField(("method",), "0..1")
    wanted, now = expected(previews).array[0], image_from_volume(after(previews)).array[0]
    fresh = [k for k in range(len(now)) if np.array_equal(now[k], wanted[k])]
    stale = [k for k in range(len(now)) if np.array_equal(now[k], old[k])]
    assert 1 <= len(fresh) <= 2
    assert sorted(fresh + stale) == list(range(len(now)))
    assert preview.refiner.busy
    assert "refining" in preview.text
    preview.refiner.finish()
    np.testing.assert_array_equal(image_from_volume(after(previews)).array[0], wanted)


def test_a_new_move_drops_what_was_pending(previews, preview, monkeypatch):
    from MedOptTrainLib import refiner

    monkeypatch.setattr(refiner, "BUDGET", 0)
    preview.show()
    for low in (1.0, 2.0, 3.0, 4.0):
        previews.steps.setField(("clip", 0), low)
        preview.refiner.tick()
    preview.refiner.finish()
    np.testing.assert_array_equal(image_from_volume(after(previews)).array, expected(previews).array)


def test_removing_leaves_the_scene_as_it_was(headless, previews, preview, views, project):
    scene = headless.scene
    shown = show_case(scene, project.read_image("case-1"), project.settings.classes, "case-1")
    show_in_slices(headless.application, scene.GetNodeByID(shown.volumes[0]))
    views["Green"].GetSliceCompositeNode().SetForegroundOpacity(0.2)
    views["Red"].GetSliceNode().SetFieldOfView(11, 12, 1)
    state = scene_state(scene)
    preview.show()
    assert previews.case.caseId == "case-1", "the case in view"
    assert views["Red"].GetSliceCompositeNode().GetBackgroundVolumeID() == shown.volumes[0], "not loaded a second time"
    assert views["Red"].GetSliceNode().GetFieldOfView() == (11, 12, 1)
    previews.steps.add("crop_foreground")
    preview.setBlend(0.8)
    preview.refiner.finish()
    headless.application.GetSelectionNode().SetActivePlotChartID(preview.histograms().GetID())
    preview.remove()
    assert scene_state(scene) == state
    assert previews.preprocess._stage._tags == []


def test_an_own_volume_goes_too(previews, preview, views):
    state = scene_state(previews.stage.scene)
    preview.toggle()
    assert preview.shown
    assert preview.buttons()["previewButton"].text == "Remove preview"
    preview.toggle()
    assert scene_state(previews.stage.scene) == state


def test_steps_that_change_the_grid_are_followed(previews, preview):
    preview.show()
    node = after(previews)
    previews.steps.add("resize")
    previews.steps.setField(("shape", 2), 21)
    preview.refiner.finish()
    assert after(previews) is node
    assert node.GetImageData().GetDimensions()[0] == 21
    np.testing.assert_array_equal(image_from_volume(node).array, expected(previews).array)


def test_the_scale_of_the_display_stays_while_a_window_moves(previews, preview):
    from medopt.scene.preview_volume import levels

    previews.steps.add("window")
    previews.steps.select(0)
    previews.steps.remove()
    previews.steps.setField(("preset",), "lung")
    preview.show()
    assert levels(after(previews)) == (0, 1)
    previews.steps.setField(("level",), 300.0)
    assert levels(after(previews)) == (0, 1), "a change of the window would not be seen otherwise"
    previews.steps.setField(("output",), "keep")
    before = previews.stage.scene.GetNodeByID(nodes(previews)[0].GetID())
    assert levels(after(previews)) == pytest.approx(levels(before))


def test_what_cannot_be_prepared_is_told_and_the_scene_stays(previews, preview):
    state = scene_state(previews.stage.scene)
    previews.recipe.setPart("preprocess", {"steps": [{"step": "window", "source": "header"}]})
    with pytest.raises(MedOptError, match="header has no such window"):
        preview.show()
    assert scene_state(previews.stage.scene) == state
    assert not preview.shown


def test_a_step_that_refuses_while_shown_is_told_in_the_panel(previews, preview):
    preview.show()
    preview.refiner.finish()
    previews.recipe.setPart("preprocess", {"steps": [{"step": "window", "source": "header"}]})
    assert "header has no such window" in preview.text
    assert preview.shown
    previews.recipe.setPart("preprocess", {"steps": []})
    preview.refiner.finish()
    assert "voxels of" in preview.text
    np.testing.assert_array_equal(image_from_volume(after(previews)).array, expected(previews).array)


def test_clipped_voxels_are_told_inside_and_outside_the_labels(previews, preview):
    previews.case.choose("case-0")
    preview.show()
    assert preview.clippedText == ""
    preview.refiner.finish()
    _name, image, label = previews.case.read()
    (found,) = clipped(previews.steps.settings, image, label)
    assert f"{100 * found.share_inside:.2f} % of the labelled voxels" in preview.clippedText
    assert f"{100 * found.share_outside:.2f} % of the other voxels" in preview.clippedText
    assert "n-th" not in preview.clippedText, "a small image is counted whole"
    previews.steps.setAutomatic(("clip", 0), True)
    preview.refiner.finish()
    assert preview.clippedText == "No step cuts intensities off."


def test_histograms_follow_the_steps(previews, preview):
    assert preview.histograms() is None
    assert "Show the preview first" in preview.buttons()["histogramsButton"].toolTip
    preview.show()
    preview.refiner.finish()
    chart = preview.histograms()
    assert chart.GetNumberOfPlotSeriesNodes() == 2
    names = [chart.GetNthPlotSeriesNode(n).GetName() for n in range(2)]
    assert names[0].startswith("Before (")
    assert names[1].startswith("After (")
    previews.steps.setField(("method",), "0..1")
    preview.refiner.finish()
    assert chart.GetNthPlotSeriesNode(1).GetName() == "After (0 … 1)"
    previews.recipe.setPart("preprocess", {"steps": []})
    preview.refiner.finish()
    assert chart.GetXAxisTitle() == "Intensity", "the unit is kept: one axis for both"
    preview.removeHistograms()
    assert not marked_nodes(previews.stage.scene, role="chart series")
    assert preview.shown


def test_a_step_by_the_cohort_names_its_cases(previews, preview):
    previews.steps.setField(("statistics",), "cohort")
    preview.show()
    assert "training cases case-0, case-1" in preview.text
    preview.refiner.finish()
    assert "labelled voxels" in preview.clippedText


@pytest.mark.parametrize("which", ["prepared", "case"])
def test_a_node_that_is_deleted_ends_the_preview(headless, previews, preview, views, project, which):
    scene = headless.scene
    shown = show_case(scene, project.read_image("case-1"), project.settings.classes, "case-1")
    show_in_slices(headless.application, scene.GetNodeByID(shown.volumes[0]))
    preview.show()
    remove_node(scene, after(previews) if which == "prepared" else scene.GetNodeByID(shown.volumes[0]))
    assert not preview.shown
    assert not preview.refiner.busy
    assert nodes(previews) == []
    composite = views["Red"].GetSliceCompositeNode()
    assert composite.GetBackgroundVolumeID() == (shown.volumes[0] if which == "prepared" else None)
    assert composite.GetForegroundVolumeID() is None
    previews.steps.setField(("clip", 0), 5.0)
    preview.show()
    assert preview.shown


def test_closing_the_scene_forgets_the_preview(headless, previews, preview):
    preview.show()
    preview.histograms()
    headless.scene.Clear(False)
    assert not preview.shown
    assert not preview.plotted
    assert not preview.refiner.busy
    previews.steps.setField(("clip", 0), 5.0)
    assert nodes(previews) == []
    preview.show()
    preview.refiner.finish()
    np.testing.assert_array_equal(image_from_volume(after(previews)).array, expected(previews).array)


def test_another_project_takes_the_preview_away(previews, preview):
    state = scene_state(previews.stage.scene)
    preview.show()
    previews.setProject(None)
    assert scene_state(previews.stage.scene) == state
    assert "project" in preview.buttons()["previewButton"].toolTip


def test_another_case_takes_its_place(previews, preview):
    preview.show()
    previews.case.choose("case-2")
    assert preview.shown
    assert after(previews).GetName() == "case-2 prepared"
    assert len(nodes(previews)) == 2


def test_a_case_that_cannot_be_read_ends_the_preview_and_is_told(previews, preview, project):
    preview.show()
    (file,) = project.image_paths("case-2")
    file.write_bytes(b"no image")
    previews.case.choose("case-2")
    assert not preview.shown
    assert "case-2" in preview.text
    assert nodes(previews) == []


def test_previews_are_not_saved_with_the_scene(previews, preview, tmp_path):
    preview.show()
    assert all(not node.GetSaveWithScene() for node in nodes(previews) if node.IsA("vtkMRMLVolumeNode"))
