"""The page of classification: a large button a class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.settings_store import SettingsStore
from MedOptLabelLib.class_editor import PRESENT, UNJUDGED, ClassChoice, ClassEditor

ACCEPT = "MedOpt/AcceptOnChoice"
HEIGHT = 34
"""Pixels of a button."""

Guard = Callable[[Callable[[], None]], Callable[[], None]]


class ClassWidget:
    """Parameters
    ----------
    ui : the named widgets
    editor : the presenter
    accept : saves the case and goes on
    store : remembers whether a choice accepts
    guarded : makes a function that shows the errors of another
    """

    def __init__(
        self, ui: Any, editor: ClassEditor, accept: Callable[[], None], store: SettingsStore, guarded: Guard
    ) -> None:
        from MedOptCoreLib.qt_tools import leaveKeys

        self.ui, self._editor, self._accept, self._store, self._guarded = ui, editor, accept, store, guarded
        self._made: list[tuple[ClassChoice, Any]] = []
        ui.acceptOnChoiceCheck.checked = self._store.value(ACCEPT) in (True, "true")
        ui.acceptOnChoiceCheck.connect("toggled(bool)", lambda on: self._store.setValue(ACCEPT, on))
        ui.noneButton.connect("clicked()", guarded(lambda: self.press(0)))
        leaveKeys(ui.noneButton)
        editor.changed.connect(self.show)
        self.show()

    def press(self, number: int) -> None:
        """The button or key of the ``number``-th class, 0 for none of them."""
        self._editor.chooseKey(number)
        self.show()  # a button that was pressed again pops up by itself
        if self.accepts and (self._editor.exclusive and number > 0):
            self._accept()

    def buttons(self) -> list[Any]:
        """The buttons of the classes, in the order of the project."""
        return [button for _choice, button in self._made]

    @property
    def accepts(self) -> bool:
        """Whether choosing a class accepts the case; only where an image shows exactly one."""
        return bool(self.ui.acceptOnChoiceCheck.checked) and self._editor.case is not None

    def show(self) -> None:
        """Show what the presenter says."""
        ui, editor, choices = self.ui, self._editor, self._editor.choices()
        if [(c.value, c.name, c.color) for c, _b in self._made] != [(c.value, c.name, c.color) for c in choices]:
            self._make(choices)
        for choice, (_old, button) in zip(choices, self._made, strict=True):
            button.checked = choice.state == PRESENT
            button.toolTip = _("Not judged yet") if choice.state == UNJUDGED else ""
        ui.classLabel.text = editor.text
        ui.noneButton.setVisible(not editor.exclusive)
        ui.acceptOnChoiceCheck.setVisible(editor.exclusive)

    def _make(self, choices: list[ClassChoice]) -> None:
        import qt

        from MedOptCoreLib.qt_tools import colorIcon, leaveKeys

        layout = self.ui.classButtonsFrame.layout()
        for _choice, button in self._made:
            layout.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._made = []
        for number, choice in enumerate(choices, 1):
            button = qt.QPushButton(f"{choice.key}  {choice.name}".strip())
            button.checkable = True
            button.minimumHeight = HEIGHT
            leaveKeys(button)
            button.icon = colorIcon(choice.color)
            button.connect("clicked()", self._guarded(self._presser(number)))
            layout.addWidget(button)
            self._made.append((choice, button))

    def _presser(self, number: int) -> Callable[[], None]:
        return lambda: self.press(number)

    def cleanup(self) -> None:
        """Listen no more."""
        self._editor.changed.disconnect(self.show)
