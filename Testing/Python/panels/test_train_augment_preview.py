"""Variants side by side: exact, slices in view first, and gone without a trace."""

import numpy as np
import pytest
from slice_views import scene_state

from medopt import MedOptError
from medopt.augment import draw, sample_patch
from medopt.scene import image_from_volume, label_from_labelmap, marked_nodes, remove_node
from medopt.scene.preview_mosaic import Mosaic


@pytest.fixture
def preview(previews):
    previews.steps.begin()
    previews.techniques.begin()
    previews.case.choose("case-0")
    return previews.augment


def shown(previews, class_name):
    return next(n for n in marked_nodes(previews.stage.scene, view="train preview") if n.GetClassName() == class_name)


def tiles(previews, count=4):
    """Image and label of every tile, as the nodes hold them."""
    image = image_from_volume(shown(previews, "vtkMRMLScalarVolumeNode")).array[0]
    label = label_from_labelmap(shown(previews, "vtkMRMLLabelMapVolumeNode")).array
    mosaic = Mosaic(previews.augment._mosaic.tile, count)
    assert mosaic.shape == image.shape == label.shape
    return [(image[(slice(None), *mosaic.place(n))], label[(slice(None), *mosaic.place(n))]) for n in range(count)]


def expected(previews, settings, seed):
    """The tile by hand: prepared image, patch around the labels, drawn from the seed."""
    _name, image, label = previews.augment._prepare()
    shape, spacing = previews.augment._mosaic.tile, image.geometry.spacing
    drawn = draw(settings, seed, shape, spacing)
    return sample_patch(image.array, label.array, previews.augment._center, drawn, spacing)


def test_each_tile_is_the_patch_that_training_would_draw(previews, preview):
    preview.always = False
    preview.show()
    preview.refiner.finish()
    for n, (image, label) in enumerate(tiles(previews)):
        wanted_image, wanted_label = expected(previews, previews.techniques.settings, 1 + n)
        np.testing.assert_allclose(image, wanted_image[0], atol=1e-5)
        np.testing.assert_array_equal(label, wanted_label)


def test_the_selected_technique_is_in_every_tile_while_wished(previews, preview):
    previews.techniques.select("rotation")
    preview.show()
    assert all("rotation" in caption for caption in preview.captions())
    preview.setAlways(False)
    assert not all("rotation" in caption for caption in preview.captions())
    assert previews.techniques.settings.techniques[1].probability < 1, "the recipe keeps its chance"


def test_captions_tell_the_seeds_and_a_new_seed_draws_others(previews, preview):
    preview.show()
    assert [c.split(" · ")[0] for c in preview.captions()] == [f"seed {n}" for n in (1, 2, 3, 4)]
    first = preview.captions()
    preview.newSeed()
    assert [c.split(" · ")[0] for c in preview.captions()] == [f"seed {n}" for n in (5, 6, 7, 8)]
    preview.refiner.finish()
    preview.seed = 1
    preview.setAlways(True)
    assert preview.captions() == first, "the same seed draws the same"


def test_slices_in_view_come_first_and_the_rest_follows(previews, preview, monkeypatch):
    from MedOptTrainLib import refiner

    monkeypatch.setattr(refiner, "BUDGET", 0)
    previews.techniques.setPreset("none")
    previews.techniques.select("brightness")
    previews.techniques.switch(True)
    preview.show()
    preview.refiner.finish()
    old = [image.copy() for image, _label in tiles(previews)]
    previews.techniques.setField(("shift",), 1.2)
    for (now, _label), before in zip(tiles(previews), old, strict=True):
        changed = [k for k in range(len(now)) if not np.array_equal(now[k], before[k])]
        assert 1 <= len(changed) <= 3
    preview.refiner.tick()
    fresh = [not np.array_equal(now, before) for (now, _l), before in zip(tiles(previews), old, strict=True)]
    assert fresh[0]
    preview.refiner.finish()
    wanted = expected(previews, preview._settings(), 4)[0][0]
    np.testing.assert_allclose(tiles(previews)[3][0], wanted, atol=1e-5)


def test_labels_have_the_colours_of_the_classes_and_lie_over_the_image(previews, preview, views):
    preview.show()
    label = shown(previews, "vtkMRMLLabelMapVolumeNode")
    rgba = [0.0] * 4
    label.GetDisplayNode().GetColorNode().GetColor(1, rgba)
    np.testing.assert_allclose(rgba[:3], [0xE6 / 255, 0x9F / 255, 0], atol=1e-6)
    composite = views["Green"].GetSliceCompositeNode()
    assert composite.GetLabelVolumeID() == label.GetID()
    assert 0 < composite.GetLabelOpacity() < 1


def test_removing_leaves_the_scene_as_it_was(previews, preview, views):
    views["Red"].GetSliceNode().SetFieldOfView(11, 12, 1)
    views["Red"].GetSliceCompositeNode().SetLabelOpacity(0.7)
    state = scene_state(previews.stage.scene)
    preview.toggle()
    assert views["Red"].GetSliceNode().GetFieldOfView() != (11, 12, 1), "fitted once"
    preview.newSeed()
    preview.setCount(9)
    preview.refiner.finish()
    assert len(preview.captions()) == 9
    preview.toggle()
    assert scene_state(previews.stage.scene) == state


def test_the_view_stays_where_the_user_put_it_while_sliders_move(previews, preview, views):
    preview.show()
    views["Red"].GetSliceNode().SetFieldOfView(11, 12, 1)
    previews.techniques.select("rotation")
    previews.techniques.setField(("degrees", 0), 40.0)
    preview.newSeed()
    previews.steps.select(0)
    previews.steps.setField(("method",), "0..1")
    assert views["Red"].GetSliceNode().GetFieldOfView() == (11, 12, 1)
    preview.refiner.finish()
    wanted = expected(previews, preview._settings(), preview.seed)[0][0]
    np.testing.assert_allclose(tiles(previews)[0][0], wanted, atol=1e-5)


def test_the_patch_of_the_recipe_is_taken(previews, preview):
    previews.recipe.setPart("training", {"patch": [4, 8, 8], "steps": 5})
    preview.show()
    assert tiles(previews)[0][0].shape == (4, 8, 8)
    assert "8 × 8 × 4 voxels" in preview.text
    previews.recipe.setPart("training", {"patch": [8, 16, 16], "steps": 5})
    assert tiles(previews)[0][0].shape == (8, 16, 16), "larger than the image: padded as in training"


def test_one_preview_ends_the_other(previews, preview, views):
    state = scene_state(previews.stage.scene)
    previews.preprocess.show()
    preview.show()
    assert not previews.preprocess.shown
    previews.preprocess.show()
    assert not preview.shown
    assert not preview.refiner.busy
    previews.preprocess.remove()
    assert scene_state(previews.stage.scene) == state


def test_a_case_without_a_label_is_shown_alone(previews, preview, views):
    previews.case.choose("case-3")
    preview.show()
    assert not [n for n in marked_nodes(previews.stage.scene) if n.IsA("vtkMRMLLabelMapVolumeNode")]
    assert "has no label" in preview.text
    assert views["Red"].GetSliceCompositeNode().GetLabelVolumeID() is None
    previews.case.choose("case-0")
    assert tiles(previews)


def test_too_many_voxels_are_told_and_the_scene_stays(previews, preview):
    state = scene_state(previews.stage.scene)
    previews.recipe.setPart("training", {"patch": [1024, 1024, 1024], "steps": 5})
    with pytest.raises(MedOptError, match="Show fewer variants"):
        preview.show()
    assert scene_state(previews.stage.scene) == state


def test_a_deleted_node_or_a_closed_scene_ends_it(headless, previews, preview):
    preview.show()
    remove_node(headless.scene, shown(previews, "vtkMRMLLabelMapVolumeNode"))
    assert not preview.shown
    assert marked_nodes(headless.scene, view="train preview") == []
    preview.show()
    headless.scene.Clear(False)
    assert not preview.shown
    assert preview.captions() == []
    previews.techniques.select("rotation")
    previews.techniques.setField(("degrees", 0), 41.0)
    assert marked_nodes(headless.scene, view="train preview") == []


def test_buttons_say_what_is_missing(previews):
    assert "preprocessing steps" in previews.augment.buttons()["variantsButton"].toolTip
    previews.steps.begin()
    assert "standard preset" in previews.augment.buttons()["variantsButton"].toolTip
    previews.techniques.begin()
    assert previews.augment.buttons()["variantsButton"].enabled
    assert "Show the variants first" in previews.augment.buttons()["seedButton"].toolTip
