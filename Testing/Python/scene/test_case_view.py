from __future__ import annotations

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import Image, LabelMap
from medopt.scene import case_view as module
from medopt.scene import (
    error_map,
    image_from_volume,
    label_from_labelmap,
    label_from_segmentation,
    marked_nodes,
    remove_view,
    show_case,
    show_in_slices,
    update_segmentation,
)
from medopt.scene.nodes import subject_hierarchy


@pytest.fixture
def image(oblique, rng):
    return Image(rng.normal(size=(1, *oblique.shape)).astype(np.float32), oblique)


@pytest.fixture
def prediction(label, rng):
    return LabelMap(rng.permuted(label.array, axis=0), label.geometry)


def node(scene, identifier):
    return scene.GetNodeByID(identifier)


def test_a_case_is_shown_whole(scene, image, label, prediction, classes):
    shown = show_case(scene, image, classes, "case_1", reference=label, prediction=prediction)
    np.testing.assert_array_equal(image_from_volume(node(scene, shown.volumes[0])).array, image.array)
    for identifier, expected in ((shown.reference, label), (shown.prediction, prediction)):
        found = label_from_segmentation(node(scene, identifier), label.geometry, classes)
        np.testing.assert_array_equal(found.array, expected.array)
        reference = node(scene, identifier).GetNodeReference("referenceImageGeometryRef")
        assert reference is node(scene, shown.volumes[0])
    found = label_from_labelmap(node(scene, shown.error_map))
    np.testing.assert_array_equal(found.array, error_map(label, prediction).array)


def test_reference_and_prediction_look_different(scene, image, label, classes):
    shown = show_case(scene, image, classes, "case_1", reference=label, prediction=label)
    reference, prediction = (node(scene, text).GetDisplayNode() for text in (shown.reference, shown.prediction))
    assert reference.GetVisibility2DFill()
    assert not prediction.GetVisibility2DFill()
    assert prediction.GetSliceIntersectionThickness() > reference.GetSliceIntersectionThickness()


def test_all_nodes_stand_under_the_cases_folder(scene, image, label, prediction, classes):
    shown = show_case(scene, image, classes, "case_1", reference=label, prediction=prediction)
    hierarchy = subject_hierarchy(scene)
    folder = hierarchy.GetItemByName("case_1")
    for identifier in (*shown.volumes, shown.reference, shown.prediction, shown.error_map):
        assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node(scene, identifier))) == folder


def test_what_a_case_lacks_is_none(scene, image, label, classes):
    shown = show_case(scene, image, classes, "case_1", reference=label)
    assert (shown.prediction, shown.error_map) == (None, None)
    shown = show_case(scene, image, classes, "case_1")
    assert shown.reference is None


def test_the_next_case_takes_the_place_of_the_last(scene, image, label, prediction, classes):
    users = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "the user's")
    show_case(scene, image, classes, "case_1", reference=label, prediction=prediction)
    count, items = scene.GetNumberOfNodes(), subject_hierarchy(scene).GetNumberOfItems()
    for number in range(2, 6):
        shown = show_case(scene, image, classes, f"case_{number}", reference=label, prediction=prediction)
    assert scene.GetNumberOfNodes() == count
    assert subject_hierarchy(scene).GetNumberOfItems() == items
    assert scene.IsNodePresent(users)
    assert {found.GetAttribute("MedOpt.Case") for found in marked_nodes(scene)} == {"case_5"}
    assert shown.case == "case_5"


def test_the_same_case_again_is_fresh(scene, image, label, classes):
    first = show_case(scene, image, classes, "case_1", reference=label)
    changed = LabelMap(np.zeros_like(label.array), label.geometry)
    update_segmentation(node(scene, first.reference), changed, classes)
    count = scene.GetNumberOfNodes()
    again = show_case(scene, image, classes, "case_1", reference=label)
    found = label_from_segmentation(node(scene, again.reference), label.geometry, classes)
    np.testing.assert_array_equal(found.array, label.array)
    assert scene.GetNumberOfNodes() == count
    hierarchy = subject_hierarchy(scene)
    assert (
        hierarchy.GetItemName(hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node(scene, again.reference))))
        == "case_1"
    )


def test_views_leave_each_others_cases_alone(scene, image, label, classes):
    edited = show_case(scene, image, classes, "case_1", reference=label, view="label")
    show_case(scene, image, classes, "case_1", reference=label, view="validate")
    show_case(scene, image, classes, "case_2", reference=label, view="validate")
    assert node(scene, edited.reference) is not None
    remove_view(scene, "validate")
    assert {found.GetAttribute("MedOpt.View") for found in marked_nodes(scene)} == {"label"}
    remove_view(scene, "label")
    assert marked_nodes(scene) == []
    assert subject_hierarchy(scene).GetNumberOfItems() == 0


def test_several_channels_are_several_volumes(scene, image, classes):
    channels = Image(np.concatenate([image.array, image.array + 1]), image.geometry)
    shown = show_case(scene, channels, classes, "case_1")
    assert [node(scene, text).GetName() for text in shown.volumes] == ["case_1 1", "case_1 2"]


def test_a_colour_picture_is_one_volume(scene, image, classes, rng):
    picture = Image(rng.integers(0, 255, (3, *image.geometry.shape), np.uint8), image.geometry)
    shown = show_case(scene, picture, classes, "case_1")
    assert len(shown.volumes) == 1
    assert node(scene, shown.volumes[0]).IsA("vtkMRMLVectorVolumeNode")


def test_error_map_voxel_by_voxel(oblique, label, prediction):
    found = error_map(label, prediction).array
    for a, b, value in zip(label.array.ravel(), prediction.array.ravel(), found.ravel(), strict=True):
        assert value == (0 if a == b else 2 if a == 0 else 1 if b == 0 else 3)
    assert set(np.unique(found)) == {0, 1, 2, 3}


def test_the_error_maps_colours_have_names(scene, image, label, prediction, classes):
    shown = show_case(scene, image, classes, "case_1", reference=label, prediction=prediction)
    colors = node(scene, shown.error_map).GetDisplayNode().GetColorNode()
    assert [colors.GetColorName(value) for value in range(4)] == ["Agreement", "Missed", "Too much", "Other structure"]


def test_another_grid_is_refused_and_the_scene_stays(scene, image, label, classes):
    show_case(scene, image, classes, "case_1", reference=label)
    before = [found.GetID() for found in marked_nodes(scene)]
    moved = LabelMap(label.array, label.geometry.cropped((1, 0, 0), label.geometry.shape))
    with pytest.raises(MedOptError, match=r"image and prediction lie on different grids.*at another place or spacing"):
        show_case(scene, image, classes, "case_2", reference=label, prediction=moved)
    with pytest.raises(MedOptError, match="found 3"):
        show_case(scene, image, classes[:1], "case_2", reference=label)
    assert [found.GetID() for found in marked_nodes(scene)] == before


def test_a_failure_half_way_leaves_the_scene_as_it_was(scene, image, label, classes, monkeypatch):
    show_case(scene, image, classes, "case_1", reference=label)
    before = [scene.GetNthNode(index).GetID() for index in range(scene.GetNumberOfNodes())]

    def refuse(*_args, **_more):
        raise MedOptError("no more memory")

    monkeypatch.setattr(module, "segmentation_from_label", refuse)
    with pytest.raises(MedOptError, match="no more memory"):
        show_case(scene, image, classes, "case_2", reference=label)
    assert [scene.GetNthNode(index).GetID() for index in range(scene.GetNumberOfNodes())] == before


def test_error_maps_need_one_grid(label):
    other = LabelMap(label.array[1:], label.geometry.cropped((1, 0, 0), (5, 8, 10)))
    with pytest.raises(MedOptError, match="reference and prediction lie on different grids"):
        error_map(label, other)


def test_slice_views_take_the_volume(headless, scene, image, classes):
    composite = scene.AddNewNodeByClass("vtkMRMLSliceCompositeNode", "Red")
    shown = show_case(scene, image, classes, "case_1")
    show_in_slices(headless.application, node(scene, shown.volumes[0]), fit=False)
    assert composite.GetBackgroundVolumeID() == shown.volumes[0]
