"""The section Label: the editor of the project's task, saving and going on, and the keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MedOptCoreLib.settings_store import SettingsStore
from MedOptLabelLib.box_editor import BoxEditor
from MedOptLabelLib.box_widget import BoxWidget
from MedOptLabelLib.class_editor import ClassEditor
from MedOptLabelLib.class_widget import ClassWidget
from MedOptLabelLib.embedded_editor import EmbeddedEditor
from MedOptLabelLib.keys import panelKeys
from MedOptLabelLib.session import LabelSession
from MedOptLabelLib.voxel_editor import VoxelEditor

PAGES = ("voxelPage", "classPage", "boxPage")
BUTTONS = ("acceptButton", "saveButton", "skipButton", "flagButton")

Guard = Callable[[Callable[[], None]], Callable[[], None]]


class LabelWidget:
    """Parameters
    ----------
    ui : the named widgets
    session : the presenter
    scene : a ``vtkMRMLScene``
    store : remembers what the user chose
    guarded : makes a function that shows the errors of another
    """

    def __init__(self, ui: Any, session: LabelSession, scene: Any, store: SettingsStore, guarded: Guard) -> None:
        from MedOptCoreLib.qt_tools import QtTimer, Shortcuts

        self.ui, self._session, self._guarded = ui, session, guarded
        self.shortcuts, self.clockTimer = Shortcuts(), QtTimer()
        self._entered, self._task = False, ""
        self.segments = EmbeddedEditor(scene, lambda needed: self.shortcuts.setEnabled("A", not needed))
        ui.voxelPage.layout().addWidget(self.segments.widget)
        editors = session.editors
        classes, boxes = editors.of("classification"), editors.of("detection")
        assert isinstance(classes, ClassEditor)
        assert isinstance(boxes, BoxEditor)
        self.classes = ClassWidget(ui, classes, ui.acceptButton.click, store, guarded)
        self.boxes = BoxWidget(ui, boxes, guarded)
        actions = {
            "acceptButton": session.accept,
            "saveButton": session.save,
            "skipButton": session.skip,
            "flagButton": lambda: session.flag(ui.noteEdit.text),
        }
        for name, action in actions.items():
            getattr(ui, name).connect("clicked()", guarded(action))
        named = guarded(lambda: session.setAnnotator(ui.annotatorEdit.text))
        ui.annotatorEdit.connect("editingFinished()", named)
        session.changed.connect(self.show)
        session.caseLeaving.connect(self.segments.release)
        session.caseShown.connect(self._onCaseShown)

    def enter(self) -> None:
        """The panel comes to the front."""
        self._entered = True
        self._installKeys()
        self.segments.enter()
        self._session.clock.resume()
        self.clockTimer.start(1000, self._onSecond)

    def exit(self) -> None:
        """Another module comes to the front: give keys and views back."""
        self._entered = False
        self.clockTimer.stop()
        self._session.clock.stop()
        self.shortcuts.remove()
        self.segments.exit()

    def cleanup(self) -> None:
        """The module is unloaded."""
        self.clockTimer.stop()
        self.shortcuts.remove()
        self.segments.cleanup()
        self.classes.cleanup()
        self.boxes.cleanup()

    def _onSecond(self) -> None:
        self._session.tick()
        self.showClock()

    def _onCaseShown(self) -> None:
        editor = self._session.editor
        if isinstance(editor, VoxelEditor):
            self.segments.edit(editor.segmentationNode, editor.volumeNode)
        self.ui.noteEdit.text = ""

    def _installKeys(self) -> None:
        if self._entered:
            self.shortcuts.install(panelKeys(self.ui, self._task or None, self._guardedDigit))

    def _guardedDigit(self, number: int) -> None:
        self._guarded(lambda: self._onDigit(number))()

    def _onDigit(self, number: int) -> None:
        editor = self._session.editor
        if isinstance(editor, ClassEditor):
            self.classes.press(number)
        elif isinstance(editor, BoxEditor):
            editor.chooseKey(number)

    def _showPages(self) -> None:
        """The page of the project's task, and its keys."""
        project = self._session.project
        task = "" if project is None else str(project.settings.task)
        for name in PAGES:
            getattr(self.ui, name).setVisible(name == self._session.editor.page)
        self.segments.setUsed(isinstance(self._session.editor, VoxelEditor))
        if task != self._task:
            self._task = task
            self._installKeys()

    def show(self) -> None:
        """Show what the presenter says."""
        from MedOptCoreLib.qt_tools import applyButtons

        ui, session = self.ui, self._session
        self._showPages()
        ui.caseLabel.text = session.caseText
        if ui.annotatorEdit.text != session.annotator:
            ui.annotatorEdit.text = session.annotator
        self.showClock()
        states = session.buttons()
        applyButtons(ui, {name: states[name] for name in BUTTONS})

    def showClock(self) -> None:
        """Show saved mark and time."""
        self.ui.savedLabel.text = self._session.savedText
