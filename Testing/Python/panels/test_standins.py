"""The stand-ins are as strict as PythonQt, and the .ui files are what the code expects."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from standins.facts import all_facts, argument_count, class_facts
from standins.ui_files import UiError, load_ui
from standins.widgets import ComboBox, Label, MRMLWidget, PushButton, TableWidget

ROOT = Path(__file__).resolve().parents[3]
UI_FILES = sorted(ROOT.glob("MedOpt*/Resources/UI/*.ui"))


def test_an_unknown_attribute_is_an_error():
    with pytest.raises(AttributeError, match="QLabel has no attribute 'txt'"):
        _ = Label().txt
    with pytest.raises(AttributeError, match="no property 'txt'"):
        Label().txt = "x"


def test_a_property_called_like_a_method_is_an_error():
    with pytest.raises(TypeError, match="not callable"):
        Label().text()


def test_a_value_of_the_wrong_type_is_an_error():
    with pytest.raises(TypeError, match="text is a QString"):
        Label().text = 3
    with pytest.raises(TypeError, match="enabled is a bool"):
        PushButton().enabled = "yes"


def test_a_read_only_property_cannot_be_set():
    with pytest.raises(AttributeError, match="read only"):
        Label().hasSelectedText = True


def test_a_wrong_signature_is_an_error():
    with pytest.raises(ValueError, match=r"QPushButton has no signal 'clicked\(int\)'"):
        PushButton().connect("clicked(int)", print)
    with pytest.raises(ValueError, match="no signal"):
        TableWidget().connect("cellChanged(int, int)", print)


def test_a_slot_with_the_wrong_number_of_arguments_is_an_error():
    with pytest.raises(TypeError, match=r"setStyleSheet takes \[1\] arguments"):
        Label().setStyleSheet("a", "b")


def test_what_is_not_modelled_is_an_error_and_no_silent_none():
    with pytest.raises(NotImplementedError):
        MRMLWidget().pixmapFromIcon(None)


def test_blocked_signals_do_not_reach_their_listeners():
    heard = []
    combo = ComboBox()
    combo.connect("currentIndexChanged(int)", heard.append)
    combo.blockSignals(True)
    combo.addItem("a", 1)
    combo.blockSignals(False)
    combo.addItem("b", 2)
    combo.setCurrentIndex(1)
    assert heard == [1]


def test_a_disabled_button_does_nothing_when_clicked():
    heard = []
    button = PushButton()
    button.connect("clicked()", lambda: heard.append(1))
    button.enabled = False
    button.click()
    assert heard == []


def test_arguments_of_signatures_are_counted():
    assert argument_count("f()") == 0
    assert argument_count("f(int,QString)") == 2
    assert argument_count("f(QList<QPair<int,int>>)") == 1


def test_inherited_entries_stand_in_the_facts():
    facts = class_facts("qt.QPushButton")
    assert "enabled" in facts.properties
    assert "objectNameChanged(QString)" in facts.signals


UI = """<ui version="4.0"><class>A</class><widget class="QWidget" name="A">
<layout class="QVBoxLayout" name="l"><item><widget class="{cls}" name="{name}">{inner}</widget></item></layout></widget>
<connections>{connections}</connections></ui>"""


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"cls": "QDial"}, "no stand-in of QDial"),
        ({"cls": "ctkCollapsibleButton"}, "missing from customwidgets"),
        ({"name": "A"}, "two widgets are called A"),
        ({"inner": '<property name="txt"><string>a</string></property>'}, "has no property txt"),
        ({"inner": '<property name="text"><bool>true</bool></property>'}, "text is a QString"),
        ({"inner": '<property name="frameShape"><enum>Box</enum></property>'}, "frameShape is 'Box'"),
        (
            {
                "connections": "<connection><sender>B</sender><signal>s()</signal><receiver>A</receiver>"
                "<slot>t()</slot></connection>"
            },
            "sender B does not exist",
        ),
    ],
)
def test_a_wrong_ui_file_is_an_error(tmp_path, values, message):
    file = tmp_path / "wrong.ui"
    file.write_text(UI.format(**{"cls": "QLabel", "name": "b", "inner": "", "connections": "", **values}))
    with pytest.raises(UiError, match=re.escape(message)):
        load_ui(file)


@pytest.mark.parametrize("file", UI_FILES, ids=lambda path: path.stem)
def test_the_ui_files_are_right_and_named_like_their_top_widget(file):
    top = load_ui(file)
    assert top.objectName == file.stem
    if file.parents[2].name != "MedOptCore":
        assert top.inherits("qMRMLWidget")


@pytest.mark.parametrize("file", UI_FILES, ids=lambda path: path.stem)
def test_every_input_of_a_ui_file_explains_itself(file):
    """Buttons get their tool tips from the presenters; fields have theirs in the file."""
    explained = (
        "QLineEdit",
        "QComboBox",
        "QDoubleSpinBox",
        "ctkPathLineEdit",
        "qMRMLNodeComboBox",
        "QCheckBox",
        "ctkSliderWidget",
    )
    for name, child in load_ui(file).named.items():
        if any(child.inherits(kind) for kind in explained):
            assert child.toolTip or child.placeholderText, name


def test_mrml_widgets_of_the_ui_files_get_their_scene():
    for file in UI_FILES:
        top = load_ui(file)
        inside = [child for child in top.named.values() if child is not top and hasattr(child, "mrmlScene")]
        if inside:
            top.setMRMLScene("a scene")
        assert all(child.mrmlScene() == "a scene" for child in inside)


def test_names_of_qt_and_slicer_in_the_panels_exist():
    """Every qt.X, ctk.X and slicer.X in the sources is one that Slicer has."""
    names = {space: set(found) for space, found in all_facts()["names"].items()}
    functions = {name.rsplit(".", 1)[-1] for name in all_facts()["functions"]}
    core = __import__("slicer")
    sources = [*ROOT.glob("MedOpt*/MedOpt*.py"), *ROOT.glob("MedOpt*/MedOpt*Lib/*.py")]
    assert len(sources) > 20
    for source in sources:
        text = source.read_text(encoding="utf-8")
        for space, name in re.findall(r"(?<![\w.])(qt|ctk|slicer)\.(\w+)", text):
            known = name in names[space] or (space == "slicer" and (hasattr(core, name) or name in functions))
            assert known, f"{source.name}: {space}.{name}"
