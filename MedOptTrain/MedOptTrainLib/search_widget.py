"""The sections Cross-validation and Search of the panel: connects their widgets with the presenters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from MedOptTrainLib.hyper import Hyper
from MedOptTrainLib.preprocess_widget import Guard
from MedOptTrainLib.search_section import PICTURES


class SearchWidget:
    """Parameters
    ----------
    ui : the named widgets
    hyper : the presenters
    views : two that bring charts into a view: of the range test and of the search
    openFile : opens a file in the program that the desktop has for it
    guarded : makes a function that shows the errors of another
    """

    def __init__(
        self, ui: Any, hyper: Hyper, views: tuple[Any, Any], openFile: Callable[[Path | None], None], guarded: Guard
    ) -> None:
        self.ui, self._hyper, self._openFile = ui, hyper, openFile
        self._rateViews, self._searchViews = views
        rates, search, folds = hyper.rates, hyper.search, hyper.folds
        actions = {
            "rateTestButton": rates.startOrStop,
            "showRatesButton": self.toggleRates,
            "useRateButton": rates.use,
            "searchButton": lambda: search.startOrStop(round(ui.trialsSpinBox.value), ui.trialMinutesSpinBox.value),
            "resumeSearchButton": search.resume,
            "showSearchButton": self.toggleSearch,
            "useSearchButton": search.use,
            "crossvalButton": lambda: folds.startOrStop(ui.minutesSpinBox.value),
            "resumeFoldsButton": folds.resume,
            "foldsReportButton": lambda: openFile(folds.report),
        }
        for name, action in actions.items():
            getattr(ui, name).connect("clicked()", guarded(action))
        chosen = guarded(lambda: search.select(ui.searchSelector.currentData))
        ui.searchSelector.connect("activated(int)", lambda _index: chosen())
        pictured = guarded(self._onPicture)
        ui.pictureSelector.connect("activated(int)", lambda _index: pictured())
        counted = guarded(lambda: folds.setK(round(ui.foldsSpinBox.value)))
        ui.foldsSpinBox.connect("valueChanged(double)", lambda _value: counted())
        repeated = guarded(lambda: folds.setRepeats(round(ui.repeatsSpinBox.value)))
        ui.repeatsSpinBox.connect("valueChanged(double)", lambda _value: repeated())
        nested = guarded(lambda: folds.setTrials(self._nestedTrials()))
        ui.nestedCheckBox.connect("clicked(bool)", lambda _checked: nested())
        ui.nestedTrialsSpinBox.connect("valueChanged(double)", lambda _value: nested())
        ui.minutesSpinBox.connect("valueChanged(double)", lambda _value: self.showFolds())
        ui.foldsTable.connect("itemSelectionChanged()", self._onFolds)
        for name in ("foldsSection", "searchSection"):
            getattr(ui, name).connect("contentsCollapsed(bool)", lambda _folded: self.show())
        rates.changed.connect(self.showRates)
        search.changed.connect(self.showSearch)
        folds.changed.connect(self.showFolds)

    def toggleRates(self) -> None:
        """Show the curve of the range test, or bring the earlier layout back."""
        if self._rateViews.switched:
            self._rateViews.goBack()
            return
        node = self._hyper.rates.chart()
        if node is not None:
            self._rateViews.showPlot(node)

    def toggleSearch(self) -> None:
        """Show the chosen picture of the search, or bring the earlier layout back."""
        if self._searchViews.switched:
            self._searchViews.goBack()
        else:
            self._showPicture()

    def _onPicture(self) -> None:
        if self._searchViews.switched:
            self._showPicture()

    def _showPicture(self) -> None:
        kind = self.ui.pictureSelector.currentData
        if kind == "parallel":
            self._openFile(self._hyper.search.picture)
            return
        node = self._hyper.search.show(kind)
        if node is not None:
            self._searchViews.showPlot(node)

    def _nestedTrials(self) -> int | None:
        return round(self.ui.nestedTrialsSpinBox.value) if self.ui.nestedCheckBox.checked else None

    def _onFolds(self) -> None:
        item = self.ui.foldsTable.item(self.ui.foldsTable.currentRow(), 0)
        self._hyper.folds.select(item.text() if item is not None else None)

    def show(self) -> None:
        """Show what the presenters say."""
        self.showRates()
        self.showSearch()
        self.showFolds()

    def showRates(self) -> None:
        """Show the range test."""
        from MedOptCoreLib.qt_tools import applyButtons

        self.ui.rateLabel.text = self._hyper.rates.text
        applyButtons(self.ui, self._hyper.rates.buttons())

    def showSearch(self) -> None:
        """Show the search; its tables only while the section is open."""
        from MedOptCoreLib.qt_tools import applyButtons, fillCombo, fillTable

        ui, search = self.ui, self._hyper.search
        fillCombo(ui.searchSelector, [(name, name) for name in search.names()], search.name or None)
        fillCombo(ui.pictureSelector, PICTURES, ui.pictureSelector.currentData or PICTURES[0][0])
        ui.searchLabel.text = search.text
        if not ui.searchSection.collapsed:
            fillTable(ui.rangesTable, [] if search.view is None else search.view.ranges())
            fillTable(ui.trialsTable, [] if search.view is None else search.view.rows())
        applyButtons(ui, search.buttons())

    def showFolds(self) -> None:
        """Show the cross-validations; what a choice means only while the section is open."""
        from MedOptCoreLib.qt_tools import applyButtons, fillTable, selectRow

        ui, folds = self.ui, self._hyper.folds
        fillTable(ui.foldsTable, [row.cells() for row in folds.rows])
        names = [row.name for row in folds.rows]
        selectRow(ui.foldsTable, names.index(folds.selected) if folds.selected in names else None)
        ui.nestedTrialsSpinBox.enabled = folds.trials is not None
        if not ui.foldsSection.collapsed:
            fillTable(ui.planTable, folds.plan(ui.minutesSpinBox.value))
            ui.planLabel.text = folds.text
        applyButtons(ui, folds.buttons())
