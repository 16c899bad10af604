"""The few pieces of Qt and Slicer that the panels share; imported by widgets only."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import qt
import slicer

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState

ICON_SIDE = 14
"""Pixels of the mark of a class."""
UI_FOLDER = Path(__file__).resolve().parents[1] / "Resources" / "UI"


def loadUi(name: str) -> tuple[Any, Any]:
    """(widget, its named children) of a .ui file that MedOptCore brings along."""
    widget = slicer.util.loadUI(str(UI_FOLDER / f"{name}.ui"))
    return widget, slicer.util.childWidgetVariables(widget)


@contextmanager
def showErrors() -> Iterator[None]:
    """Show a MedOptError in the one kind of popup that the panels have; everything else is a bug and passes on."""
    try:
        yield
    except MedOptError as error:
        logging.getLogger(__name__).info("%s", error)
        slicer.util.errorDisplay(str(error), windowTitle=_("MedOpt"))


def applyButtons(ui: Any, states: Mapping[str, ButtonState]) -> None:
    """Give each button of ``ui`` the state that the presenter wants."""
    for name, state in states.items():
        button = getattr(ui, name)
        button.enabled = state.enabled
        button.toolTip = state.toolTip
        if hasattr(button, "default"):
            button.default = state.next and state.enabled
        if state.text is not None:
            button.text = state.text


def fillTable(
    table: Any, rows: Sequence[Sequence[str]], editableColumn: int | None = None, tips: Sequence[str] = ()
) -> None:
    """Show ``rows`` in a QTableWidget whose columns the .ui file names; no signal is emitted meanwhile.

    ``tips`` are tool tips of whole rows; a cell without one tells its own text, which may be cut off.
    """
    blocked = table.blockSignals(True)
    isNew = table.rowCount != len(rows)
    table.setRowCount(len(rows))
    for i, row in enumerate(rows):
        for j, text in enumerate(row):
            item = table.item(i, j)
            if item is None:
                item = qt.QTableWidgetItem(text)
                if j != editableColumn:
                    item.setFlags(qt.Qt.ItemIsSelectable | qt.Qt.ItemIsEnabled)
                table.setItem(i, j, item)
            elif item.text() != text:  # kept, not replaced: this may be called while a cell is being edited
                item.setText(text)
            item.setToolTip((tips[i] if i < len(tips) else "") or text)
    if isNew and rows:
        table.resizeColumnsToContents()
    table.blockSignals(blocked)


def colorIcon(color: str) -> Any:
    """A filled square of ``"#rrggbb"``, as the mark of a class."""
    picture = qt.QPixmap(ICON_SIDE, ICON_SIDE)
    picture.fill(qt.QColor(color))
    return qt.QIcon(picture)


def leaveKeys(button: Any) -> None:
    """Let a button not take the focus, so that the panel's keys go on to work after a click."""
    button.focusPolicy = qt.Qt.NoFocus


def selectRow(table: Any, row: int | None) -> None:
    """Select ``row`` of a QTableWidget, or nothing, without a signal; scrolls there."""
    blocked = table.blockSignals(True)
    if row is None:
        table.clearSelection()
    elif table.currentRow() != row or not table.selectedItems():
        table.selectRow(row)
    table.blockSignals(blocked)


def fillCombo(combo: Any, items: Iterable[tuple[str, str]], current: str | None) -> None:
    """Show (data, text) ``items`` in a QComboBox with ``current`` chosen; no signal is emitted meanwhile."""
    wanted = list(items)
    shown = [(combo.itemData(i), combo.itemText(i)) for i in range(combo.count)]
    blocked = combo.blockSignals(True)
    if shown != wanted:
        combo.clear()
        for data, text in wanted:
            combo.addItem(text, data)
    combo.setCurrentIndex(next((i for i, (data, _text) in enumerate(wanted) if data == current), -1))
    combo.blockSignals(blocked)


def chooseFolder(title: str, start: str = "") -> str:
    """A folder that the user picks, empty when the choice is given up."""
    return qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), title, start) or ""


def chooseFile(title: str, filters: str, *, save: bool) -> str:
    """A file that the user picks to read, or to write; empty when the choice is given up."""
    ask = qt.QFileDialog.getSaveFileName if save else qt.QFileDialog.getOpenFileName
    return ask(slicer.util.mainWindow(), title, "", filters) or ""


def openFile(path: Path | None) -> None:
    """Open a file in the program that the desktop has for it."""
    if path is not None:
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(path)))


class QtTimer:
    """Timer of presenters on a QTimer."""

    def __init__(self) -> None:
        self._callback: Callable[[], None] | None = None
        self._timer = qt.QTimer()
        self._timer.connect("timeout()", self._tick)

    def start(self, milliseconds: int, callback: Callable[[], None]) -> None:
        """Call ``callback`` every ``milliseconds``."""
        self._callback = callback
        self._timer.start(milliseconds)

    def stop(self) -> None:
        """Call no more."""
        self._timer.stop()
        self._callback = None

    def _tick(self) -> None:
        if self._callback is not None:
            with showErrors():
                self._callback()


class Shortcuts:
    """Keys of a panel, alive only while the panel is shown; without a main window there are none."""

    def __init__(self) -> None:
        self._shortcuts: dict[str, tuple[Any, Callable[[], None]]] = {}

    def install(self, actions: Mapping[str, Callable[[], None]]) -> None:
        """Let each key call its action, wherever in the main window the focus is (text fields keep their keys)."""
        self.remove()
        window = slicer.util.mainWindow()
        if window is None:
            return
        for key, action in actions.items():
            shortcut = qt.QShortcut(qt.QKeySequence(key), window)
            shortcut.connect("activated()", action)
            self._shortcuts[key] = (shortcut, action)

    def setEnabled(self, key: str, enabled: bool) -> None:
        """Switch one key off and on, for a while in which another tool needs it."""
        if key in self._shortcuts:
            self._shortcuts[key][0].setEnabled(enabled)

    def remove(self) -> None:
        """Give the keys back."""
        for shortcut, action in self._shortcuts.values():
            shortcut.disconnect("activated()", action)
            shortcut.setParent(None)
        self._shortcuts = {}


class SlicerInstaller:
    """Installs in Slicer's Python the way Slicer wants it; asks first."""

    def install(self, requirements: list[str], requester: str) -> None:
        """Install with pip; RuntimeError when the user declines."""
        slicer.packaging.pip_ensure(requirements, requester=requester)

    def installTorch(self, requirement: str) -> None:
        """Install torch through the PyTorch extension, which knows the build for this computer's GPU."""
        try:
            torchUtils = importlib.import_module("PyTorchUtils")
        except ImportError as error:
            raise MedOptError(
                _("torch cannot be installed"),
                expected=_("the PyTorch extension"),
                remedy=_("Install PyTorch in the Extensions Manager, restart Slicer, and try again"),
            ) from error
        if (
            torchUtils.PyTorchUtilsLogic().installTorch(askConfirmation=True, torchVersionRequirement=requirement)
            is None
        ):
            raise MedOptError(_("torch was not installed"), remedy=_("Repeat when you want to train or validate"))
