"""Classes of an image by buttons and keys, with a real project in a real scene."""

import pytest
from MedOptLabelLib.class_editor import ClassEditor
from MedOptLabelLib.editors import emptyLabel
from MedOptLabelLib.task_editor import CaseToEdit

from medopt import MedOptError
from medopt.image import ClassLabel


@pytest.fixture
def shown(headless, mrml, unlabelled):
    def make(multi_label=False, label=None):
        project = unlabelled("classification", multi_label=multi_label)
        editor = ClassEditor(mrml, headless.application)
        image = project.read_image("case-0")
        start = label or emptyLabel(project.settings, image.geometry)
        editor.show(CaseToEdit("case-0", image, project.settings), start)
        return editor

    return make


def states(editor):
    return [choice.state for choice in editor.choices()]


def test_nothing_is_judged_at_first_and_that_is_no_label(shown):
    editor = shown()
    assert states(editor) == ["unjudged", "unjudged"]
    assert editor.text.startswith("Not judged yet")
    with pytest.raises(MedOptError, match=r"case-0.*nothing is chosen for this case.*Press the key of a class"):
        editor.read()
    assert editor.read("later").present == ()


def test_of_exclusive_classes_the_last_choice_counts(shown):
    editor, heard = shown(), []
    editor.edited.connect(lambda: heard.append(1))
    editor.chooseKey(1)
    editor.chooseKey(2)
    editor.chooseKey(2)
    assert editor.read() == ClassLabel((4,))
    assert editor.text == "Shows: Malignant"
    assert len(heard) == 2, "the same choice again changes nothing"
    editor.chooseKey(0)
    editor.chooseKey(9)
    assert editor.read() == ClassLabel((4,)), "there is no ninth class, and none of them is no choice here"


def test_several_classes_are_turned_on_and_off(shown):
    editor = shown(multi_label=True)
    editor.chooseKey(1)
    assert editor.read() == ClassLabel((1,)), "the first choice says of the others that they are absent"
    editor.chooseKey(2)
    assert editor.read() == ClassLabel((1, 4))
    editor.chooseKey(1)
    editor.chooseKey(2)
    assert editor.read() == ClassLabel(())
    assert editor.text == "Shows none of the classes"


def test_none_of_them_is_said_by_zero(shown):
    editor = shown(multi_label=True)
    with pytest.raises(MedOptError, match="or 0 for none"):
        editor.read()
    editor.chooseKey(0)
    assert editor.read() == ClassLabel(())


def test_what_others_left_open_stays_open_until_it_is_chosen(shown):
    editor = shown(multi_label=True, label=ClassLabel((1,), (4,)))
    assert editor.text == "Shows: Benign · not judged: Malignant"
    editor.chooseKey(1)
    assert editor.read() == ClassLabel((), (4,))
    editor.chooseKey(2)
    assert editor.read() == ClassLabel((4,))


def test_the_case_is_a_volume_and_nothing_else(shown, mrml):
    editor = shown()
    assert editor.present
    assert mrml.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 0
    editor.close()
    assert not editor.present
    assert editor.choices() == []


def test_what_cannot_be_saved_is_written_as_text(shown, tmp_path):
    editor = shown()
    editor.chooseKey(2)
    blocked = tmp_path / "file"
    blocked.write_text("")
    path = editor.writeCopy([blocked / "no", tmp_path / "kept"], "case-0")
    assert path == tmp_path / "kept" / "case-0.txt"
    assert path.read_text() == "Malignant\n"
    assert editor.writeCopy([blocked / "no"], "case-0") is None
