"""The section Collect: connects the fields of the import and the findings with their presenters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MedOptLabelLib.findings import Findings
from MedOptLabelLib.import_form import ImportForm

Guard = Callable[[Callable[[], None]], Callable[[], None]]


class CollectWidget:
    """Parameters
    ----------
    ui : the named widgets
    importForm, findings : the presenters
    open_ : shows a case
    guarded : makes a function that shows the errors of another
    """

    def __init__(
        self, ui: Any, importForm: ImportForm, findings: Findings, open_: Callable[[str], None], guarded: Guard
    ) -> None:
        self.ui, self._form, self._findings, self._open, self._guarded = ui, importForm, findings, open_, guarded
        ui.importButton.connect("clicked()", guarded(importForm.start))
        ui.verifyButton.connect("clicked()", guarded(findings.verify))
        for field in (ui.imagesPath, ui.labelsPath):
            field.connect("currentPathChanged(QString)", self._onField)
        ui.subjectPatternEdit.connect("textChanged(QString)", self._onField)
        ui.findingsTable.connect("cellDoubleClicked(int,int)", self._onFinding)
        findings.changed.connect(self.show)
        importForm.changed.connect(self.show)

    def _onField(self, _text: str = "") -> None:
        self._form.set(self.ui.imagesPath.currentPath, self.ui.labelsPath.currentPath, self.ui.subjectPatternEdit.text)

    def _onFinding(self, row: int, _column: int) -> None:
        case = self._findings.caseOf(row)
        if case is not None:
            self._guarded(lambda: self._open(case))()

    def show(self) -> None:
        """Show what the presenters say."""
        from MedOptCoreLib.qt_tools import applyButtons, fillTable

        ui = self.ui
        fillTable(ui.findingsTable, self._findings.cells())
        ui.findingsTable.setVisible(bool(self._findings.rows))
        ui.findingsLabel.text = self._findings.text
        applyButtons(ui, {**self._form.buttons(), **self._findings.buttons()})
