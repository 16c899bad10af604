"""The worker line of the panels as a widget."""

from __future__ import annotations

from typing import Any

from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.qt_tools import applyButtons, fillCombo, loadUi, showErrors


class MedOptJobWidget:
    """Shows a `JobLine`; ``widget`` goes into the panel's layout."""

    def __init__(self, line: JobLine) -> None:
        self.line = line
        self._log = ""
        self.widget, self.ui = loadUi("MedOptJobLine")
        self.ui.jobSelector.connect("activated(int)", self.onJob)
        self.ui.cancelButton.connect("clicked(bool)", self.onCancel)
        self.ui.logSection.connect("contentsCollapsed(bool)", self.onLogFolded)
        line.changed.connect(self.show)
        self.show()

    def onJob(self, index: int) -> None:
        """Follow the job that was chosen in the list."""
        with showErrors():
            self.line.followId(self.ui.jobSelector.itemData(index))

    def onCancel(self, _checked: Any = None) -> None:
        """End the job."""
        with showErrors():
            self.line.cancel()

    def onLogFolded(self, folded: bool) -> None:
        """Read the log when it is unfolded."""
        if not folded:
            self.showLog()

    def show(self) -> None:
        """Show what the presenter says."""
        line, ui = self.line, self.ui
        current = None if line.job is None else line.job.id
        fillCombo(ui.jobSelector, [(row.id, row.label) for row in line.rows], current)
        ui.jobLabel.text = line.text
        ui.timeLeftLabel.text = line.timeLeft
        unknown = line.busy and line.percent is None
        ui.progressBar.setRange(0, 0 if unknown else 100)
        ui.progressBar.setValue(line.percent or 0)
        ui.progressBar.setVisible(line.busy)
        applyButtons(ui, line.buttons())
        if not ui.logSection.collapsed:
            self.showLog()

    def showLog(self) -> None:
        """Show the last lines of the job's log, keeping the place when nothing is new."""
        log = self.line.log()
        if log != self._log:
            self._log = log
            self.ui.logText.setPlainText(log)
            bar = self.ui.logText.verticalScrollBar()
            bar.setValue(bar.maximum)

    def cleanup(self) -> None:
        """Listen no more; the job goes on."""
        self.line.changed.disconnect(self.show)
        self.line.close()
