from __future__ import annotations

import pytest

from medopt.errors import MedOptError
from medopt.scene import CASE, ROLE, VIEW, marked_nodes, node_by_id, remove_node
from medopt.scene.nodes import add_node, check, mark, one_update


def test_nodes_carry_their_marks(scene):
    node = add_node(scene, "vtkMRMLTableNode", "scores", role="table", case="case_1")
    mark(node, view="validate")
    assert [node.GetAttribute(name) for name in (ROLE, CASE, VIEW)] == ["table", "case_1", "validate"]


def test_marked_nodes_are_found_by_role_case_and_view(scene):
    first = add_node(scene, "vtkMRMLTableNode", "a", role="table", case="case_1")
    second = add_node(scene, "vtkMRMLTableNode", "b", role="image", case="case_1")
    mark(second, view="label")
    scene.AddNewNodeByClass("vtkMRMLTableNode", "the user's").SetAttribute(CASE, "case_1")
    assert marked_nodes(scene) == [first, second]
    assert marked_nodes(scene, role="table") == [first]
    assert marked_nodes(scene, case="case_1", view="label") == [second]
    assert marked_nodes(scene, case="case_2") == []


def test_an_unknown_class_of_node_is_told(scene):
    with pytest.raises(MedOptError, match="expected a scene that knows vtkMRMLNoSuchNode"):
        add_node(scene, "vtkMRMLNoSuchNode", "none")


def test_removing_leaves_no_display_or_storage_behind(scene):
    before = scene.GetNumberOfNodes()
    node = add_node(scene, "vtkMRMLSegmentationNode", "whole", role="label")
    node.CreateDefaultDisplayNodes()
    assert node.AddDefaultStorageNode()
    assert scene.GetNumberOfNodes() == before + 3
    remove_node(scene, node)
    assert scene.GetNumberOfNodes() == before
    remove_node(scene, node)


def test_a_shared_display_stays_for_its_other_user(scene):
    node = add_node(scene, "vtkMRMLScalarVolumeNode", "one", role="image")
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    other = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "two")
    other.SetAndObserveDisplayNodeID(display.GetID())
    remove_node(scene, node)
    assert scene.IsNodePresent(display)


def test_a_node_that_is_gone_is_told(scene):
    node = add_node(scene, "vtkMRMLTableNode", "a")
    assert node_by_id(scene, node.GetID(), "vtkMRMLTableNode") is node
    with pytest.raises(
        MedOptError, match=r"no longer in the scene: expected a vtkMRMLVolumeNode, found vtkMRMLTableNode"
    ):
        node_by_id(scene, node.GetID(), "vtkMRMLVolumeNode")
    identifier = node.GetID()
    scene.RemoveNode(node)
    with pytest.raises(MedOptError, match=f"{identifier}: the node is no longer in the scene"):
        node_by_id(scene, identifier)
    with pytest.raises(MedOptError, match="no longer in the scene"):
        node_by_id(scene, "")


def test_changes_are_gathered_and_the_gate_opens_after_an_error(scene):
    node = add_node(scene, "vtkMRMLTableNode", "a")
    events: list[str] = []
    node.AddObserver("ModifiedEvent", lambda *_: events.append("modified"))

    def change() -> None:
        with one_update(node):
            node.SetName("b")
            node.SetDescription("c")
            assert events == []
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        change()
    assert len(events) == 1


@pytest.mark.parametrize("answer", [0, False, None])
def test_a_failed_call_is_an_error(answer):
    with pytest.raises(MedOptError, match=r"here: it failed\. The application's error log"):
        check(answer, "it failed", where="here")
    check(1, "fine")
