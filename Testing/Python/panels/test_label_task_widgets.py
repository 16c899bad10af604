"""The pages of classification and detection on the stand-ins: buttons, keys, what is shown."""

import pytest
from standins.material import GRID

from medopt.image import ClassLabel


@pytest.fixture
def app(application):
    return application(window=True)


def opened(app, project):
    widget = app.open("MedOptLabel")
    widget.enter()
    widget.panel.head.open(project.folder)
    widget.ui.nextButton.click()
    return widget


def press(app, *keys):
    for key in keys:
        app.window.shortcuts[key].press()


def test_a_project_shows_the_page_of_its_task_and_no_other(app, unlabelled, project):
    widget = opened(app, project)
    pages = ("voxelPage", "classPage", "boxPage")
    assert [getattr(widget.ui, name).visible for name in pages] == [True, False, False]
    assert widget.editor.widget.shortcuts
    widget.panel.head.open(unlabelled("detection").folder)
    assert [getattr(widget.ui, name).visible for name in pages] == [False, False, True]
    assert not widget.editor.widget.shortcuts, "the Segment Editor's keys would take those of the boxes"
    widget.panel.head.open(project.folder)
    assert widget.editor.widget.shortcuts


def test_digits_choose_classes_and_leave_the_segment_editor_its_own(app, unlabelled, project):
    widget = opened(app, unlabelled("classification"))
    assert {"0", "1", "2", "9", "N", "A"} <= set(app.window.shortcuts)
    press(app, "2", "A")
    found = widget.session.project.read_label("case-0")
    assert found == ClassLabel((4,))
    assert widget.session.current == "case-1"
    widget.panel.head.open(project.folder)
    assert set(app.window.shortcuts) == {"N", "P", "S", "A"}
    widget.exit()
    assert app.window.shortcuts == {}


def test_nothing_chosen_is_not_accepted(app, unlabelled):
    widget = opened(app, unlabelled("classification"))
    press(app, "A")
    assert len(app.errors) == 1
    assert "nothing is chosen for this case" in app.errors[0]
    assert widget.session.current == "case-0"
    assert not widget.session.project.case("case-0").labelled


def test_one_key_a_case_when_choosing_accepts_and_the_choice_is_remembered(app, unlabelled):
    widget = opened(app, unlabelled("classification"))
    widget.ui.acceptOnChoiceCheck.click()
    press(app, "1", "2", "1", "1")
    values = widget.session.project.label_values()
    assert values == {"case-0": (1,), "case-1": (4,), "case-2": (1,), "case-3": (1,)}
    widget.cleanup()
    again = app.open("MedOptLabel")
    assert again.ui.acceptOnChoiceCheck.checked
    widget.cleanup = lambda: None


def test_several_classes_never_accept_by_themselves(app, unlabelled):
    widget = opened(app, unlabelled("classification", multi_label=True))
    widget.ui.acceptOnChoiceCheck.checked = True
    assert not widget.ui.acceptOnChoiceCheck.visible
    assert widget.ui.noneButton.visible
    press(app, "1", "2")
    assert widget.session.current == "case-0"
    assert widget.ui.classLabel.text == "Shows: Benign, Malignant"
    assert [button.checked for button in widget.labelling.classes.buttons()] == [True, True]


def test_buttons_of_classes_carry_colour_key_and_state_and_take_no_focus(app, unlabelled):
    widget = opened(app, unlabelled("classification"))
    first, second = widget.labelling.classes.buttons()
    assert (first.text, first.icon.color.name) == ("1  Benign", "#e69f00")
    assert first.focusPolicy == 0
    first.click()
    second.click()
    second.click()
    assert (first.checked, second.checked) == (False, True), "a second press of the chosen class keeps it chosen"


def test_buttons_follow_the_classes_of_the_project(app, unlabelled, project, tmp_path):
    from medopt.project import ClassInfo, Project

    widget = opened(app, unlabelled("classification"))
    old = widget.labelling.classes.buttons()
    classes = [ClassInfo(value=n, name=f"Class {n}", color="#112233") for n in range(1, 12)]
    other = Project.create(tmp_path / "other", name="Other", classes=classes, task="classification")
    from medopt.project import import_folder

    import_folder(other, tmp_path / "images")
    widget.panel.head.open(other.folder)
    widget.ui.nextButton.click()
    texts = [button.text for button in widget.labelling.classes.buttons()]
    assert texts[0] == "1  Class 1"
    assert texts[9] == "Class 10", "there is no key for the tenth"
    assert not any(button.visible for button in old)


def test_keys_of_boxes_press_their_buttons(app, unlabelled):
    widget = opened(app, unlabelled("detection"))
    editor = widget.session.editor
    assert {"B", "X", "D", "Z", "1", "9"} <= set(app.window.shortcuts)
    assert "0" not in app.window.shortcuts
    press(app, "B")
    assert widget.ui.placeBoxButton.checked
    press(app, "B")
    assert not widget.ui.placeBoxButton.checked
    editor.addAt(GRID.index_to_lps((2.0, 3.0, 3.0)))
    press(app, "2")
    assert widget.ui.boxTable.texts()[0][0] == "Malignant"
    press(app, "D")
    assert widget.ui.boxTable.texts() == []
    press(app, "Z")
    assert widget.ui.boxTable.texts()[0][0] == "Malignant"
    assert app.errors == []


def test_the_list_of_boxes_selects_and_the_selector_changes_the_class(app, unlabelled):
    widget = opened(app, unlabelled("detection"))
    editor, ui = widget.session.editor, widget.ui
    for k in (1.0, 3.0):
        editor.addAt(GRID.index_to_lps((k, 3.0, 3.0)))
    ui.boxTable.click(0)
    assert editor.selected == 0
    ui.boxClassSelector.choose(1)
    assert [row[0] for row in ui.boxTable.texts()] == ["Malignant", "Benign"]
    assert ui.boxTable.currentRow() == 0
    ui.boxTable.click(1)
    assert ui.boxClassSelector.currentText == "Benign"


def test_a_case_without_boxes_is_accepted_as_one_without_findings(app, unlabelled):
    widget = opened(app, unlabelled("detection"))
    assert "nothing to find" in widget.ui.boxLabel.text
    press(app, "A")
    assert len(widget.session.project.read_label("case-0")) == 0
    assert widget.session.project.case("case-0").labelled


def test_a_click_outside_the_image_is_told(app, unlabelled):
    from MedOptLabelLib.self_test import place

    widget = opened(app, unlabelled("detection"))
    press(app, "B")
    place(GRID.index_to_lps((-40.0, 0.0, 0.0)))
    app.app.processEvents()
    assert len(app.errors) == 1
    assert "the click lies outside the image" in app.errors[0]
    assert widget.ui.boxTable.texts() == []
