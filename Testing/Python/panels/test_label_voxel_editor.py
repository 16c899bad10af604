"""Segmentation: undos of Slicer's own editor logic are counted."""

import numpy as np
import pytest
import slicer
from MedOptLabelLib import voxel_editor
from MedOptLabelLib.task_editor import CaseToEdit
from MedOptLabelLib.voxel_editor import VoxelEditor
from standins.material import blob


class Time:
    now = 0.0

    def __call__(self):
        self.now += 1
        return self.now


@pytest.fixture
def editor(headless, mrml, project):
    made = VoxelEditor(mrml, headless.application, Time())
    made.show(CaseToEdit("case-0", project.read_image("case-0"), project.settings), project.read_label("case-0"))
    return made


@pytest.fixture
def tool(mrml, editor):
    """Slicer's editor logic, with undo, on the case."""
    node = mrml.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    logic = slicer.vtkSlicerSegmentEditorLogic()
    logic.SetMRMLScene(mrml)
    logic.SetSegmentEditorNode(node)
    history = slicer.vtkSegmentationHistory()
    history.SetMaximumNumberOfStates(10)
    history.SetSegmentation(editor.segmentationNode.GetSegmentation())
    logic.SetSegmentationHistory(history)
    logic.SetSegmentationNode(editor.segmentationNode)
    logic.SetSourceVolumeNode(editor.volumeNode)
    return logic


def paint(editor, tool, seed):
    from test_label_session import update_labelmap

    tool.SaveStateForUndo()
    mask = (blob((1, 2), seed).array == 2).astype(np.uint8)
    update_labelmap(editor.segmentationNode, "Segment_2", mask, editor.volumeNode)


def test_undo_is_counted_and_redo_is_not(editor, tool):
    heard = []
    editor.edited.connect(lambda: heard.append(1))
    paint(editor, tool, 1)
    paint(editor, tool, 2)
    assert heard
    assert editor.undos == 0
    tool.Undo()
    assert editor.undos == 1
    np.testing.assert_array_equal(editor.read("later").array == 2, blob((1, 2), 1).array == 2)
    tool.Redo()
    assert editor.undos == 1


def test_in_a_large_image_undos_are_not_counted(editor, tool, monkeypatch):
    monkeypatch.setattr(voxel_editor, "MOST_VOXELS", 10)
    paint(editor, tool, 1)
    assert editor.undos is None


def test_another_label_of_the_case_is_a_change_but_no_undo(editor):
    heard = []
    editor.edited.connect(lambda: heard.append(1))
    editor.replace(blob((2,), 1))
    assert heard == [1]
    np.testing.assert_array_equal(editor.read().array, blob((2,), 1).array)
    assert editor.undos == 0


def test_another_colour_is_no_change_and_an_undo_is_one(editor, tool):
    paint(editor, tool, 1)
    heard = []
    editor.edited.connect(lambda: heard.append(1))
    editor.segmentationNode.GetSegmentation().GetSegment("Segment_2").SetColor(1.0, 0.0, 1.0)
    assert heard == []
    tool.Undo()
    assert heard == [1]
