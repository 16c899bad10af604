from __future__ import annotations

import pytest

from medopt.scene import marked_nodes, put_into_case_folder, remove_case
from medopt.scene.nodes import add_node, mark, subject_hierarchy


@pytest.fixture
def hierarchy(scene):
    return subject_hierarchy(scene)


def item_of(hierarchy, node):
    return hierarchy.GetItemByDataNode(node)


def test_nodes_of_a_case_stand_under_one_folder(scene, hierarchy):
    nodes = [add_node(scene, "vtkMRMLScalarVolumeNode", name, role="image", case="case_1") for name in "ab"]
    folder = put_into_case_folder(scene, "case_1", nodes)
    assert [hierarchy.GetItemParent(item_of(hierarchy, node)) for node in nodes] == [folder, folder]
    assert hierarchy.GetItemName(folder) == "case_1"
    assert put_into_case_folder(scene, "case_1", nodes) == folder
    assert put_into_case_folder(scene, "case_2", []) != folder


def test_a_node_that_has_an_item_is_moved(scene, hierarchy):
    """Slicer's application gives every node an item at once; the scene alone does not."""
    node = add_node(scene, "vtkMRMLScalarVolumeNode", "a", role="image", case="case_1")
    item = hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)
    folder = put_into_case_folder(scene, "case_1", [node])
    assert item_of(hierarchy, node) == item
    assert hierarchy.GetItemParent(item) == folder


def test_a_renamed_folder_is_found_again(scene, hierarchy):
    folder = put_into_case_folder(scene, "case_1", [])
    hierarchy.SetItemName(folder, "the difficult one")
    assert put_into_case_folder(scene, "case_1", []) == folder


def test_removing_a_case_spares_what_the_user_put_there(scene, hierarchy):
    ours = add_node(scene, "vtkMRMLScalarVolumeNode", "ours", role="image", case="case_1")
    users = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "the user's points")
    elsewhere = add_node(scene, "vtkMRMLScalarVolumeNode", "other case", role="image", case="case_2")
    put_into_case_folder(scene, "case_1", [ours, users])
    before = hierarchy.GetNumberOfItems()
    remove_case(scene, "case_1")
    assert marked_nodes(scene) == [elsewhere]
    assert scene.IsNodePresent(users)
    assert hierarchy.GetItemParent(item_of(hierarchy, users)) == hierarchy.GetSceneItemID()
    assert hierarchy.GetNumberOfItems() == before - 2


def test_removing_one_view_keeps_the_other_and_the_folder(scene, hierarchy):
    nodes = [add_node(scene, "vtkMRMLScalarVolumeNode", name, role="image", case="case_1") for name in "ab"]
    mark(nodes[0], view="label")
    mark(nodes[1], view="validate")
    folder = put_into_case_folder(scene, "case_1", nodes)
    remove_case(scene, "case_1", view="validate")
    assert marked_nodes(scene) == [nodes[0]]
    assert hierarchy.GetItemParent(item_of(hierarchy, nodes[0])) == folder
    remove_case(scene, "case_1", view="label")
    assert hierarchy.GetItemByName("case_1") == hierarchy.GetInvalidItemID()


def test_removing_an_unknown_case_does_nothing(scene):
    before = scene.GetNumberOfNodes()
    remove_case(scene, "never shown")
    assert scene.GetNumberOfNodes() == before
