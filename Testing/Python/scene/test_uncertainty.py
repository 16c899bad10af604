"""The map of uncertainty as a volume: values, place, clear where the model is sure."""

import numpy as np
import pytest

from medopt import MedOptError
from medopt.scene import image_from_volume, marked_nodes
from medopt.scene.uncertainty import ROLE, uncertainty_volume


def make(scene, geometry, values):
    return uncertainty_volume(scene, values, geometry, "c1 uncertainty (%)", case="c1", view="label")


def test_values_are_whole_per_cent_on_the_grid_of_the_image(scene, oblique, rng):
    values = rng.random(oblique.shape).astype(np.float32)
    found = image_from_volume(make(scene, oblique, values))
    assert found.array.dtype == np.uint8
    assert found.geometry.is_close(oblique)
    np.testing.assert_allclose(found.array[0] / 100, values, atol=0.0051)


def test_sure_voxels_are_clear_and_unsure_ones_red(scene, oblique):
    display = make(scene, oblique, np.zeros(oblique.shape, np.float32)).GetDisplayNode()
    assert display.GetApplyThreshold()
    assert (display.GetLowerThreshold(), display.GetUpperThreshold()) == (1, 100)
    assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == (0, 100)
    colors, opacity = display.GetColorNode(), []
    for percent in (0, 10, 30, 100):
        rgba = [0.0] * 4
        colors.GetColor(percent, rgba)
        opacity.append(rgba[3])
    assert opacity == pytest.approx([0.0, 1 / 3, 1.0, 1.0], abs=0.01)
    assert rgba[0] > 0.7 > 0.2 > rgba[1]


def test_volume_and_colours_belong_to_the_case_and_are_not_saved(scene, oblique):
    node = make(scene, oblique, np.zeros(oblique.shape, np.float32))
    mine = marked_nodes(scene, role=ROLE, case="c1", view="label")
    assert len(mine) == 2
    assert node in mine
    assert not any(one.GetSaveWithScene() for one in mine)


def test_an_array_of_another_shape_is_refused(scene, oblique):
    with pytest.raises(MedOptError, match="does not fit the image"):
        make(scene, oblique, np.zeros((2, 2, 2), np.float32))
    assert marked_nodes(scene, role=ROLE) == []
