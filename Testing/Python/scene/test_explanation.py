"""A map as a volume: values, place to the voxel, colours, a legend, and nothing left behind."""

from __future__ import annotations

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Image
from medopt.image.heat_colors import heat_colors
from medopt.scene import image_from_volume, marked_nodes, remove_node, volume_from_image
from medopt.scene.explanation import ROLE, explanation_volume, legend_of
from medopt.scene.preview_layers import SliceLayers


def heat(geometry, rng):
    return Image(rng.integers(0, 101, (1, *geometry.shape)).astype(np.uint8), geometry)


def make(scene, given):
    return explanation_volume(scene, given, "c1 Grad-CAM", "Grad-CAM of Front, %", case="c1", view="validate")


def test_voxels_lie_where_those_of_the_image_lie(scene, oblique, rng):
    given = heat(oblique, rng)
    found = image_from_volume(make(scene, given))
    np.testing.assert_array_equal(found.array, given.array)
    corners = np.array([[0, 0, 0], *(np.diag(oblique.shape) - np.eye(3, dtype=int)).tolist()])
    np.testing.assert_allclose(found.geometry.index_to_lps(corners), oblique.index_to_lps(corners), atol=1e-9)


def test_little_is_clear_and_the_colours_are_the_table(scene, oblique, rng):
    display = make(scene, heat(oblique, rng)).GetDisplayNode()
    assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == (0, 100)
    assert display.GetLowerThreshold() == 1
    opacity = []
    for percent in (0, 10, 30, 50, 100):
        rgba = [0.0] * 4
        display.GetColorNode().GetColor(percent, rgba)
        opacity.append(rgba[3])
        np.testing.assert_allclose(rgba[:3], heat_colors(percent / 100), atol=0.01)
    assert opacity == pytest.approx([0, 0, 0.5, 1, 1], abs=0.01)


def test_the_legend_shows_the_same_colours_under_its_title(scene, oblique, rng):
    node = make(scene, heat(oblique, rng))
    legend = legend_of(node)
    assert legend.GetTitleText() == "Grad-CAM of Front, %"
    assert legend.GetPrimaryDisplayNode() is node.GetDisplayNode()
    assert legend.GetColorNode() is node.GetDisplayNode().GetColorNode()
    assert legend.GetDisplayableNode() is node
    assert legend.GetNumberOfLabels() == 5
    assert node.GetDisplayNode().IsA("vtkMRMLScalarVolumeDisplayNode")


def test_all_goes_with_the_volume_and_nothing_is_saved(scene, oblique, rng):
    node = make(scene, heat(oblique, rng))
    mine = marked_nodes(scene, role=ROLE, case="c1", view="validate")
    assert {one.GetClassName() for one in mine} == {
        "vtkMRMLScalarVolumeNode",
        "vtkMRMLColorTableNode",
        "vtkMRMLColorLegendDisplayNode",
    }
    assert not any(one.GetSaveWithScene() for one in mine)
    remove_node(scene, node)
    assert [one.GetClassName() for one in marked_nodes(scene, role=ROLE)] == ["vtkMRMLColorTableNode"]
    assert legend_of(make(scene, heat(oblique, rng))) is not None


def test_views_show_it_over_what_they_showed_and_give_it_back(scene, oblique, rng):
    image = volume_from_image(scene, Image(rng.normal(size=(1, *oblique.shape)), oblique), "image")
    composite = scene.AddNewNodeByClass("vtkMRMLSliceCompositeNode")
    composite.SetBackgroundVolumeID(image.GetID())
    composite.SetForegroundOpacity(0.7)
    layers = SliceLayers(scene)
    node = make(scene, heat(oblique, rng))
    layers.show(image.GetID(), foreground=node.GetID(), opacity=0.4)
    assert composite.GetForegroundVolumeID() == node.GetID()
    assert composite.GetForegroundOpacity() == pytest.approx(0.4)
    layers.restore()
    assert composite.GetForegroundVolumeID() is None
    assert composite.GetForegroundOpacity() == pytest.approx(0.7)
    assert composite.GetBackgroundVolumeID() == image.GetID()


@pytest.mark.parametrize("array", [np.zeros((2, 6, 8, 10), np.uint8), np.full((1, 6, 8, 10), 101, np.uint8)])
def test_what_is_no_map_is_refused(scene, oblique, array):
    with pytest.raises(MedOptError, match=r"not a map of medopt explain.*0 to 100"):
        make(scene, Image(array, oblique))
    assert marked_nodes(scene, role=ROLE) == []
