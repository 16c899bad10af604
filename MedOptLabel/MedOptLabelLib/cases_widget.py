"""The section Cases: the table, its filter, and going from case to case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MedOptLabelLib.case_list import ROWS_SHOWN
from MedOptLabelLib.session import LabelSession

Guard = Callable[[Callable[[], None]], Callable[[], None]]


class CasesWidget:
    """Parameters
    ----------
    ui : the named widgets
    session : the presenter
    views : brings the table into a view
    guarded : makes a function that shows the errors of another
    """

    def __init__(self, ui: Any, session: LabelSession, views: Any, guarded: Guard) -> None:
        self.ui, self._session, self._views = ui, session, views
        opens = guarded(session.goToSelected)
        actions = {
            "previousButton": guarded(session.previous),
            "nextButton": guarded(session.next),
            "goToButton": opens,
            "showTableButton": guarded(self.toggleTable),
        }
        for name, action in actions.items():
            getattr(ui, name).connect("clicked()", action)
        ui.filterBox.connect("textChanged(QString)", session.setFilter)
        ui.caseTable.connect("itemSelectionChanged()", self._onSelected)
        ui.caseTable.connect("cellDoubleClicked(int,int)", lambda _row, _column: opens())
        session.changed.connect(self.show)
        session.choice.changed.connect(self.showChoice)
        chosen = guarded(lambda: session.choice.choose(ui.strategySelector.currentData))
        ui.strategySelector.connect("activated(int)", lambda _index: chosen())

    def _onSelected(self) -> None:
        item = self.ui.caseTable.item(self.ui.caseTable.currentRow(), 0)
        self._session.select(item.text() if item is not None else None)

    def toggleTable(self) -> None:
        """Show the table of cases in a view, or bring the earlier layout back."""
        if self._views.switched:
            self._views.goBack()
        elif self._session.tableNode() is not None:
            self._views.showTable(self._session.tableNode())

    def show(self) -> None:
        """Show what the presenter says."""
        from MedOptCoreLib.qt_tools import applyButtons, fillTable, selectRow

        ui, session = self.ui, self._session
        rows = session.cases.shown()[:ROWS_SHOWN]
        fillTable(ui.caseTable, [row.cells() for row in rows])
        selectRow(ui.caseTable, next((i for i, row in enumerate(rows) if row.id == session.selected), None))
        names = ("previousButton", "nextButton", "goToButton", "showTableButton")
        states = session.buttons()
        applyButtons(ui, {name: states[name] for name in names})
        self.showChoice()

    def showChoice(self) -> None:
        """Show the strategy and the reason; without a project there is none, and its packages may be missing."""
        from MedOptCoreLib.qt_tools import fillCombo

        ui, session = self.ui, self._session
        ui.strategySelector.enabled = session.project is not None
        if session.project is not None:
            fillCombo(ui.strategySelector, session.choice.strategies(), session.choice.strategy)
        ui.reasonLabel.text = session.choice.text
        ui.reasonLabel.setVisible(bool(session.choice.text))
