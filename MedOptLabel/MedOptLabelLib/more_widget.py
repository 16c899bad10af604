"""The section More: versions of a label, agreement between annotators, suspected label errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MedOptLabelLib.agreement_section import AgreementSection
from MedOptLabelLib.label_errors_section import LabelErrorsSection
from MedOptLabelLib.label_history import LabelHistory
from MedOptLabelLib.session import LabelSession

Guard = Callable[[Callable[[], None]], Callable[[], None]]


class MoreWidget:
    """Parameters
    ----------
    ui : the named widgets
    history, agreement, errors : the presenters
    session : shows cases
    jump : moves the slice views to a point, LPS mm
    guarded : makes a function that shows the errors of another
    """

    def __init__(
        self,
        ui: Any,
        history: LabelHistory,
        agreement: AgreementSection,
        errors: LabelErrorsSection,
        session: LabelSession,
        jump: Callable[[Any], Any],
        guarded: Guard,
    ) -> None:
        self.ui, self._history, self._agreement, self._errors = ui, history, agreement, errors
        self._session, self._jump, self._guarded = session, jump, guarded
        actions = {
            "restoreButton": history.restore,
            "agreementButton": lambda: agreement.compare(blind=ui.agreementBlindCheck.checked),
            "labelErrorsButton": lambda: errors.rank(flag=ui.flagErrorsCheck.checked),
        }
        for name, action in actions.items():
            getattr(ui, name).connect("clicked()", guarded(action))
        ui.showVersionCheck.connect("toggled(bool)", history.setShown)
        ui.historyTable.connect("itemSelectionChanged()", lambda: history.select(ui.historyTable.currentRow()))
        ui.agreementCasesTable.connect("cellDoubleClicked(int,int)", self._onAgreement)
        ui.labelErrorsTable.connect("cellDoubleClicked(int,int)", self._onError)
        history.changed.connect(self.showHistory)
        session.changed.connect(self._showRestore)
        agreement.changed.connect(self.showAgreement)
        errors.changed.connect(self.showErrors)

    def _onAgreement(self, row: int, _column: int) -> None:
        self._open(self._agreement.caseOf(row), None)

    def _onError(self, row: int, _column: int) -> None:
        self._open(self._errors.caseOf(row), self._errors.placeOf(row))

    def _open(self, case: str | None, place: Any) -> None:
        def go() -> None:
            if case is None:
                return
            self._session.select(case)
            self._session.goToSelected()
            if place is not None:
                self._jump(place)

        self._guarded(go)()

    def show(self) -> None:
        """Show what the presenters say."""
        self.showHistory()
        self.showAgreement()
        self.showErrors()

    def showHistory(self) -> None:
        """Show the versions."""
        from MedOptCoreLib.qt_tools import fillTable, selectRow

        cells = self._history.cells()
        fillTable(self.ui.historyTable, cells)
        self.ui.historyTable.setVisible(bool(cells))
        selectRow(self.ui.historyTable, self._history.row)
        self.ui.historyLabel.text = self._history.text
        self._showRestore()

    def _showRestore(self) -> None:
        from MedOptCoreLib.qt_tools import applyButtons

        applyButtons(self.ui, self._history.buttons())

    def showAgreement(self) -> None:
        """Show the figures of agreement and the cases."""
        from MedOptCoreLib.qt_tools import applyButtons, fillTable

        ui, agreement = self.ui, self._agreement
        for table, cells in ((ui.agreementTable, agreement.cells()), (ui.agreementCasesTable, agreement.caseCells())):
            fillTable(table, cells)
            table.setVisible(bool(cells))
        ui.agreementLabel.text = agreement.text
        applyButtons(ui, agreement.buttons())

    def showErrors(self) -> None:
        """Show the labels that may be wrong."""
        from MedOptCoreLib.qt_tools import applyButtons, fillTable

        cells = self._errors.cells()
        fillTable(self.ui.labelErrorsTable, cells)
        self.ui.labelErrorsTable.setVisible(bool(cells))
        self.ui.labelErrorsLabel.text = self._errors.text
        applyButtons(self.ui, self._errors.buttons())
