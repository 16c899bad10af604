from __future__ import annotations

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.scene import image_from_volume, label_from_labelmap, remove_node, volume_geometry
from medopt.scene.preview_volume import (
    add_preview_label,
    add_preview_volume,
    levels,
    set_levels,
    voxels,
    voxels_changed,
)


def test_voxels_are_written_in_place_and_told(scene, oblique, rng):
    node = add_preview_volume(scene, oblique, "after", role="preview", case="case_1", fill=-3)
    assert volume_geometry(node).is_close(oblique)
    assert (image_from_volume(node).array == -3).all()
    expected = rng.normal(size=oblique.shape).astype(np.float32)
    told = []
    node.GetImageData().AddObserver("ModifiedEvent", lambda *_: told.append(1))
    voxels(node)[...] = expected
    voxels_changed(node)
    np.testing.assert_array_equal(image_from_volume(node).array[0], expected)
    assert told
    assert node.GetAttribute("MedOpt.Case") == "case_1"
    assert not node.GetSaveWithScene()


def test_levels_do_not_follow_the_voxels(scene, oblique):
    node = add_preview_volume(scene, oblique, "after", role="preview")
    set_levels(node, -1, 3)
    voxels(node)[...] = 500
    voxels_changed(node)
    assert levels(node) == (-1, 3)
    set_levels(node, 2, 2)
    low, high = levels(node)
    assert low == pytest.approx(2)
    assert high > low


def test_a_label_has_the_colours_of_the_classes(scene, oblique, classes):
    node, colors = add_preview_label(scene, oblique, classes, "labels", role="preview")
    voxels(node)[1] = 7
    voxels_changed(node)
    assert (label_from_labelmap(node).array[1] == 7).all()
    assert node.GetDisplayNode().GetColorNode() is colors
    rgba = [0.0] * 4
    colors.GetColor(7, rgba)
    np.testing.assert_allclose(rgba, (0xE0 / 255, 0x40 / 255, 0x30 / 255, 1))
    colors.GetColor(0, rgba)
    assert rgba[3] == 0
    assert colors.GetColorName(3) == "Posterior"
    assert not node.GetSaveWithScene()


def test_nothing_is_left_after_removal(scene, oblique, classes):
    count = scene.GetNumberOfNodes()
    node = add_preview_volume(scene, oblique, "after", role="preview")
    both = add_preview_label(scene, oblique, classes, "labels", role="preview")
    for one in (node, *both):
        remove_node(scene, one)
    assert scene.GetNumberOfNodes() == count


def test_too_large_a_preview_is_an_error_and_leaves_no_node(scene):
    count = scene.GetNumberOfNodes()
    with pytest.raises(MedOptError, match="not enough memory for the preview"):
        add_preview_volume(scene, Geometry((1 << 20, 1 << 20, 1 << 10)), "huge", role="preview")
    assert scene.GetNumberOfNodes() == count
