"""The common head of the panels as a widget."""

from __future__ import annotations

from typing import Any

import slicer

from MedOptCoreLib.i18n import _
from MedOptCoreLib.project_head import ProjectHead
from MedOptCoreLib.qt_tools import applyButtons, chooseFolder, fillCombo, loadUi, showErrors


class MedOptHeadWidget:
    """Shows a `ProjectHead`; ``widget`` goes into the panel's layout."""

    def __init__(self, head: ProjectHead) -> None:
        self.head = head
        self.widget, self.ui = loadUi("MedOptProjectHead")
        self.ui.newProjectFrame.setVisible(False)
        self.ui.recentSelector.connect("activated(int)", self.onRecent)
        self.ui.openButton.connect("clicked(bool)", self.onOpen)
        self.ui.newButton.connect("toggled(bool)", self.onNew)
        self.ui.createButton.connect("clicked(bool)", self.onCreate)
        self.ui.installButton.connect("clicked(bool)", self.onInstall)
        head.changed.connect(self.show)
        self.show()

    def onRecent(self, index: int) -> None:
        """Open the project that was chosen in the list."""
        with showErrors():
            self.head.open(self.ui.recentSelector.itemData(index))
        self.show()

    def onOpen(self, _checked: Any = None) -> None:
        """Ask for a folder and open it."""
        folder = chooseFolder(_("Open a MedOpt project"), self.head.path)
        if folder:
            with showErrors():
                self.head.open(folder)

    def onNew(self, shown: bool) -> None:
        """Show or hide the fields of a new project."""
        self.ui.newProjectFrame.setVisible(shown)

    def onCreate(self, _checked: Any = None) -> None:
        """Make the project that the fields describe."""
        ui = self.ui
        with showErrors():
            self.head.create(
                ui.newFolderPath.currentPath, ui.newNameEdit.text, ui.newClassesEdit.text, ui.newChannelsEdit.text
            )
            ui.newButton.checked = False

    def onInstall(self, _checked: Any = None) -> None:
        """Install what is missing; a refusal is no error."""
        with showErrors():
            try:
                self.head.install()
            except RuntimeError as declined:
                slicer.util.showStatusMessage(str(declined), 5000)
        self.show()

    def show(self) -> None:
        """Show what the presenter says."""
        head, ui = self.head, self.ui
        fillCombo(ui.recentSelector, [(folder, folder) for folder in head.recent()], head.path or None)
        with showErrors():
            ui.stateLabel.text = head.stateLine()
        installText = head.installText()
        ui.installButton.setVisible(bool(installText))
        ui.installLabel.setVisible(bool(installText))
        ui.installLabel.text = installText
        applyButtons(ui, head.buttons())

    def cleanup(self) -> None:
        """Listen no more."""
        self.head.changed.disconnect(self.show)
