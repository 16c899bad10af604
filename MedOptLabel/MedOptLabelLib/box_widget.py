"""The page of detection: the list of boxes and what is done with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState
from MedOptLabelLib.box_editor import BoxEditor

Guard = Callable[[Callable[[], None]], Callable[[], None]]


class BoxWidget:
    """Parameters
    ----------
    ui : the named widgets
    editor : the presenter
    guarded : makes a function that shows the errors of another
    """

    def __init__(self, ui: Any, editor: BoxEditor, guarded: Guard) -> None:
        from MedOptCoreLib.qt_tools import leaveKeys

        self.ui, self._editor = ui, editor
        actions = {
            "placeBoxButton": editor.place,
            "nextBoxButton": editor.next,
            "deleteBoxButton": editor.delete,
            "undoBoxButton": editor.undo,
        }
        for name, action in actions.items():
            button = getattr(ui, name)
            leaveKeys(button)
            button.connect("clicked()", self._then(guarded(action)))
        chosen = guarded(lambda: editor.choose(int(ui.boxClassSelector.currentData)))
        ui.boxClassSelector.connect("activated(int)", lambda _index: chosen())
        selected = guarded(self._onSelected)
        ui.boxTable.connect("itemSelectionChanged()", selected)
        editor.changed.connect(self.show)
        self.show()

    def _then(self, action: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            action()
            self.show()  # a button that can be pressed down shows the presenter's state, not its own

        return run

    def _onSelected(self) -> None:
        row = self.ui.boxTable.currentRow()
        self._editor.select(row if row >= 0 and self.ui.boxTable.selectedItems() else None)

    def show(self) -> None:
        """Show what the presenter says."""
        from MedOptCoreLib.qt_tools import applyButtons, colorIcon, fillCombo, fillTable, selectRow

        ui, editor = self.ui, self._editor
        rows = editor.rows()
        fillTable(ui.boxTable, [row.cells() for row in rows])
        for number, row in enumerate(rows):
            ui.boxTable.item(number, 0).setIcon(colorIcon(row.color))
        selectRow(ui.boxTable, editor.selected)
        classes = [] if editor.case is None else editor.case.settings.classes
        fillCombo(ui.boxClassSelector, [(str(c.value), c.name) for c in classes], str(editor.value))
        ui.boxClassSelector.enabled = bool(classes)
        ui.boxLabel.text = editor.text
        ui.placeBoxButton.checked = editor.placing
        applyButtons(ui, self._buttons())

    def _buttons(self) -> dict[str, ButtonState]:
        editor = self._editor
        noCase = "" if editor.case is not None else _("Show a case first: press Next.")
        noBoxes = noCase or ("" if editor.rows() else _("There is no box yet."))
        noSelection = noBoxes or ("" if editor.selected is not None else _("Select a box in the list first."))
        return {
            "placeBoxButton": ButtonState(
                noCase, _("The next click in a slice view makes a box; its handles move and resize it. Key: B")
            ),
            "nextBoxButton": ButtonState(noBoxes, _("Show the next box in the slice views. Key: X")),
            "deleteBoxButton": ButtonState(noSelection, _("Delete the selected box. Key: D")),
            "undoBoxButton": ButtonState(
                noCase or ("" if editor.canUndo else _("There is no change to take back.")),
                _("Take the last change of the boxes back. Key: Z"),
            ),
        }

    def cleanup(self) -> None:
        """Listen no more."""
        self._editor.changed.disconnect(self.show)
