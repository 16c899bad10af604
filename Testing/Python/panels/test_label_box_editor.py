"""Boxes by clicks and handles, with a real project in a real scene."""

import numpy as np
import pytest
import slicer
from MedOptLabelLib.box_editor import BoxEditor
from MedOptLabelLib.task_editor import CaseToEdit
from standins.material import GRID

from medopt import MedOptError
from medopt.image import Box, Boxes, Geometry, Image
from MedOptCoreLib.timer import HandTimer


class Time:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def timer():
    return HandTimer()


@pytest.fixture
def editor(headless, mrml, time, timer):
    return BoxEditor(mrml, headless.application, timer, time)


@pytest.fixture
def project(unlabelled):
    return unlabelled("detection")


NONE = Boxes()


def show(editor, project, label=NONE, image=None):
    image = image or project.read_image("case-0")
    editor.show(CaseToEdit("case-0", image, project.settings), label)
    return editor


def middle(geometry=GRID):
    return geometry.index_to_lps((np.asarray(geometry.shape) - 1) / 2)


def nodes(scene):
    kind = "vtkMRMLMarkupsROINode"
    return [scene.GetNthNodeByClass(n, kind) for n in range(scene.GetNumberOfNodesByClass(kind))]


def test_a_click_in_place_mode_makes_a_box(editor, project, headless, mrml, timer):
    show(editor, project)
    editor.place()
    interaction, selection = headless.application.GetInteractionNode(), headless.application.GetSelectionNode()
    assert editor.placing
    assert interaction.GetCurrentInteractionMode() == interaction.Place
    point = mrml.GetNodeByID(selection.GetActivePlaceNodeID())
    ras = middle() * (-1, -1, 1)
    point.AddControlPointWorld(list(ras))
    assert editor.placing, "the click has to end first"
    timer.tick()
    assert not editor.placing
    assert timer.callback is None
    assert mrml.GetNodeByID(point.GetID() or "") is None
    (box,) = editor.read().boxes
    np.testing.assert_allclose(box.center, middle())
    assert box.value == 1
    assert editor.selected == 0


def test_giving_a_click_up_leaves_nothing(editor, project, headless, mrml, timer):
    show(editor, project)
    before = mrml.GetNumberOfNodes()
    editor.place()
    editor.place()
    assert not editor.placing
    editor.place()
    interaction = headless.application.GetInteractionNode()
    interaction.SetCurrentInteractionMode(interaction.ViewTransform)
    timer.tick()
    assert not editor.placing
    assert mrml.GetNumberOfNodes() == before
    assert editor.read() == Boxes()


def test_a_click_outside_the_image_is_refused(editor, project):
    show(editor, project)
    with pytest.raises(MedOptError, match="outside the image"):
        editor.addAt(GRID.index_to_lps((-1.0, 2.0, 2.0)))
    assert editor.read() == Boxes()


def test_the_next_box_of_a_class_is_as_large_as_the_last_one(editor, project, mrml):
    show(editor, project)
    editor.addAt(middle())
    nodes(mrml)[0].SetSize(3.0, 4.0, 5.0)
    editor.deselect()
    editor.chooseKey(2)
    editor.addAt(middle())
    editor.deselect()
    editor.chooseKey(1)
    editor.addAt(middle())
    sizes = [box.size for box in editor.read().boxes]
    np.testing.assert_allclose(sizes[2], sizes[0])
    assert not np.allclose(sizes[1], sizes[0])


def test_a_box_over_the_edge_is_cut_to_the_image(editor, project):
    show(editor, project)
    editor.addAt(GRID.index_to_lps((0.0, 0.0, 0.0)))
    ((low, _high),) = editor.read().to_index(GRID)
    np.testing.assert_allclose(low, -0.5)


def test_keys_choose_the_class_of_the_selected_box(editor, project):
    show(editor, project)
    editor.addAt(middle())
    editor.chooseKey(2)
    assert [box.value for box in editor.read().boxes] == [4]
    assert [row.name for row in editor.rows()] == ["Malignant"]
    editor.chooseKey(9)
    assert [box.value for box in editor.read().boxes] == [4]


def test_handles_are_noticed_and_a_drag_is_one_step_back(editor, project, mrml, time):
    show(editor, project)
    editor.addAt(middle())
    heard = []
    editor.edited.connect(lambda: heard.append(1))
    before = editor.read()
    time.now += 10
    for shift in (0.1, 0.2, 0.3):
        time.now += 0.05
        center = np.add(nodes(mrml)[0].GetCenter(), (shift, 0, 0))
        nodes(mrml)[0].SetCenter(list(center))
    assert heard
    assert editor.read() != before
    editor.undo()
    np.testing.assert_allclose(editor.read().boxes[0].center, before.boxes[0].center, atol=1e-9)
    editor.undo()
    assert editor.read() == Boxes()
    assert not editor.canUndo
    assert editor.undos == 2


def test_boxes_are_deleted_here_and_by_the_user(editor, project, mrml):
    boxes = Boxes.from_index([[[0, 0, 0], [2, 2, 2]], [[1, 4, 4], [3, 6, 6]]], [1, 4], GRID)
    show(editor, project, boxes)
    heard = []
    editor.edited.connect(lambda: heard.append(1))
    editor.select(1)
    editor.delete()
    assert [row.value for row in editor.rows()] == [1]
    mrml.RemoveNode(nodes(mrml)[0])
    assert editor.rows() == []
    assert len(heard) == 2
    editor.undo()
    editor.undo()
    assert sorted(box.value for box in editor.read().boxes) == [1, 4]


def test_next_box_goes_round_and_moves_the_slices(editor, project, views):
    boxes = Boxes.from_index([[[0, 0, 0], [2, 2, 2]], [[1, 4, 4], [3, 6, 6]]], [1, 4], GRID)
    show(editor, project, boxes)
    seen = []
    for _n in range(3):
        editor.next()
        seen.append(editor.selected)
        matrix = views["Red"].GetSliceNode().GetSliceToRAS()
        center = [matrix.GetElement(row, 3) for row in range(3)]
        np.testing.assert_allclose(center, np.asarray(boxes.boxes[editor.selected].center) * (-1, -1, 1), atol=1e-6)
    assert seen == [0, 1, 0]


def test_showing_a_label_is_no_change_and_reads_back_the_same(editor, project):
    boxes = Boxes.from_index([[[0, 1, 2], [2, 4, 5]]], [4], GRID)
    heard = []
    editor.edited.connect(lambda: heard.append(1))
    show(editor, project, Boxes(boxes.boxes, (1,)))
    found = editor.read()
    assert project.labels.kind.changes(boxes, found) == 0
    assert found.unjudged == (1,)
    assert heard == []
    editor.addAt(middle())
    editor.chooseKey(1)
    assert editor.read().unjudged == (), "a class that has a box was looked for"


def test_a_score_of_a_model_is_not_kept(editor, project):
    center = tuple(float(x) for x in middle())
    show(editor, project, Boxes((Box(center, (2.0, 2.0, 2.0), 1, GRID.direction, 0.7),)))
    assert editor.read().boxes[0].score is None


def test_in_an_image_of_one_slice_boxes_have_its_thickness(editor, project, mrml):
    flat = Geometry((1, 20, 30), (4.0, 0.5, 0.5))
    show(editor, project, image=Image(np.zeros((1, *flat.shape), np.uint8), flat))
    editor.addAt(middle(flat))
    nodes(mrml)[0].SetSize(9.0, 3.0, 2.0)
    (box,) = editor.read().boxes
    np.testing.assert_allclose(box.size, (4.0, 3.0, 2.0))
    assert editor.rows()[0].size == "2.0 × 3.0 mm"
    assert not nodes(mrml)[0].GetDisplayNode().GetScaleHandleComponentVisibility()[0]


def test_what_cannot_be_saved_is_written_as_markups(editor, project, tmp_path):
    from medopt.io.markups import read_markup_boxes

    show(editor, project)
    editor.addAt(middle())
    path = editor.writeCopy([tmp_path / "kept"], "case-0")
    assert [one.name for one in read_markup_boxes(path).boxes] == ["Benign"]


def test_the_next_case_takes_the_boxes_of_this_one_away(editor, project, mrml):
    mine = mrml.AddNewNodeByClass("vtkMRMLMarkupsROINode", "mine")
    show(editor, project, Boxes.from_index([[[0, 0, 0], [2, 2, 2]]], [1], GRID))
    editor.show(CaseToEdit("case-1", project.read_image("case-1"), project.settings), Boxes())
    assert nodes(mrml) == [mine]
    assert editor.read() == Boxes()
    editor.close()
    assert nodes(mrml) == [mine]
    with pytest.raises(MedOptError, match="no longer in the scene"):
        editor.read()


def test_interactions_are_given_back_when_the_case_goes(editor, project, headless):
    show(editor, project)
    editor.place()
    editor.close()
    interaction = headless.application.GetInteractionNode()
    assert interaction.GetCurrentInteractionMode() == slicer.vtkMRMLInteractionNode.ViewTransform
