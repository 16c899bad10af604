from __future__ import annotations

import numpy as np
import pytest
from slice_views import scene_state

from medopt.image import Geometry, Image, LabelMap
from medopt.scene import labelmap_from_label, remove_node, volume_from_image
from medopt.scene.preview_layers import SliceLayers


@pytest.fixture
def volumes(scene, oblique, rng):
    """The user's volume, and two of a preview."""
    other = Geometry((4, 30, 20), (3.0, 1.0, 1.0), (300.0, 200.0, 100.0))
    return [
        volume_from_image(scene, Image(rng.normal(size=(1, *grid.shape)).astype(np.float32), grid), name)
        for name, grid in (("users", oblique), ("before", oblique), ("after", other))
    ]


@pytest.fixture
def layers(headless, scene):
    return SliceLayers(scene, headless.application)


def composite(views, name="Red"):
    return views[name].GetSliceCompositeNode()


def test_a_preview_is_shown_in_all_views_and_taken_back_exactly(scene, views, volumes, layers):
    users, before, after = volumes
    composite(views).SetBackgroundVolumeID(users.GetID())
    composite(views).SetForegroundOpacity(0.3)
    composite(views, "Green").SetCompositing(2)
    views["Red"].GetSliceNode().SetFieldOfView(17, 13, 1)
    state = scene_state(scene)
    layers.show(before.GetID(), foreground=after.GetID(), opacity=0.6)
    for name in views:
        shown = composite(views, name)
        assert (shown.GetBackgroundVolumeID(), shown.GetForegroundVolumeID()) == (before.GetID(), after.GetID())
        assert shown.GetForegroundOpacity() == 0.6
        assert shown.GetCompositing() == 0, "the opacity would not count otherwise"
    assert layers.shown
    assert scene_state(scene) != state
    layers.restore()
    assert scene_state(scene) == state
    assert not layers.shown


def test_views_are_fitted_to_a_new_background_only(views, volumes, layers):
    _users, before, after = volumes
    composite(views).SetBackgroundVolumeID(before.GetID())
    node, other = views["Red"].GetSliceNode(), views["Yellow"].GetSliceNode()
    node.SetFieldOfView(17, 13, 1)
    layers.show(before.GetID(), foreground=after.GetID())
    assert node.GetFieldOfView() == (17, 13, 1)
    assert other.GetFieldOfView() != (250, 250, 1)


def test_what_the_user_changed_meanwhile_stays(scene, views, volumes, layers):
    users, before, after = volumes
    for name in views:
        composite(views, name).SetBackgroundVolumeID(users.GetID())
    layers.show(before.GetID(), foreground=after.GetID())
    composite(views).SetBackgroundVolumeID(after.GetID())
    composite(views, "Green").SetForegroundOpacity(0.25)
    views["Yellow"].GetSliceNode().SetFieldOfView(33, 44, 1)
    layers.restore()
    assert composite(views).GetBackgroundVolumeID() == after.GetID()
    assert composite(views).GetForegroundVolumeID() is None
    assert composite(views, "Green").GetForegroundOpacity() == 0.25
    assert composite(views, "Green").GetBackgroundVolumeID() == users.GetID()
    assert views["Yellow"].GetSliceNode().GetFieldOfView() == (33, 44, 1)


def test_blending_follows_the_slider_where_the_preview_is_shown(views, volumes, layers):
    _users, before, after = volumes
    layers.show(before.GetID(), foreground=after.GetID(), opacity=0.5)
    composite(views, "Green").SetForegroundVolumeID(before.GetID())
    layers.set_opacity(0.9)
    assert composite(views).GetForegroundOpacity() == 0.9
    assert composite(views, "Green").GetForegroundOpacity() == 0.5
    layers.restore()
    assert composite(views).GetForegroundOpacity() == 0


def test_a_volume_that_is_gone_is_not_put_back(scene, views, volumes, layers):
    users, before, after = volumes
    composite(views).SetBackgroundVolumeID(users.GetID())
    layers.show(before.GetID(), foreground=after.GetID())
    remove_node(scene, users)
    layers.restore()
    assert composite(views).GetBackgroundVolumeID() is None


def test_a_view_that_takes_no_part_is_left_alone(views, volumes, layers):
    _users, before, after = volumes
    composite(views, "Yellow").SetDoPropagateVolumeSelection(False)
    layers.show(before.GetID(), foreground=after.GetID())
    assert composite(views, "Yellow").GetBackgroundVolumeID() is None
    composite(views, "Yellow").SetDoPropagateVolumeSelection(True)


def test_a_label_is_shown_over_one_volume(scene, views, volumes, layers, oblique):
    label = labelmap_from_label(scene, LabelMap(np.zeros(oblique.shape, np.uint8), oblique), "label")
    composite(views).SetForegroundVolumeID(volumes[0].GetID())
    state = scene_state(scene)
    layers.show_label(volumes[1].GetID(), label.GetID(), opacity=0.4)
    assert composite(views).GetForegroundVolumeID() is None
    assert (composite(views).GetLabelVolumeID(), composite(views).GetLabelOpacity()) == (label.GetID(), 0.4)
    layers.restore()
    assert scene_state(scene) == state


def test_a_second_preview_goes_back_to_what_was_before_the_first(scene, views, volumes, layers):
    users, before, after = volumes
    composite(views).SetBackgroundVolumeID(users.GetID())
    state = scene_state(scene)
    layers.show(before.GetID(), foreground=after.GetID())
    layers.show(after.GetID())
    layers.restore()
    assert scene_state(scene) == state


def test_there_may_be_no_views(scene, volumes):
    layers = SliceLayers(scene)
    layers.show(volumes[1].GetID())
    layers.set_opacity(0.5)
    layers.restore()


def test_a_closing_scene_is_only_forgotten(views, volumes, layers):
    layers.show(volumes[1].GetID())
    layers.forget()
    layers.restore()
    assert composite(views).GetBackgroundVolumeID() == volumes[1].GetID()
