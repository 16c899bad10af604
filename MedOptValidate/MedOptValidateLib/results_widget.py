"""The sections What, Results and Report: connects their widgets with the presenter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptValidateLib.explain_widget import Guard
from MedOptValidateLib.validator import Validator


class ResultsWidget:
    """Parameters
    ----------
    ui : the named widgets
    validator : what they show
    views : brings tables and plots into a view and tells of points that are selected in them
    scene : a ``vtkMRMLScene``
    openFile : opens a file in the program that the desktop has for it
    guarded : makes a function that shows the errors of another
    """

    def __init__(
        self,
        ui: Any,
        validator: Validator,
        views: Any,
        scene: Any,
        openFile: Callable[[Path | None], None],
        guarded: Guard,
    ) -> None:
        self.ui, self._validator, self._views = ui, validator, views
        self._scene, self._guarded = scene, guarded
        actions = {
            "validateButton": validator.validate,
            "nextWorstButton": validator.nextWorst,
            "showTableButton": self.toggleTable,
            "showPlotButton": self.togglePlot,
            "externalButton": self.measureElsewhere,
            "exportButton": validator.export,
            "reportButton": validator.report,
            "openReportButton": lambda: openFile(validator.reportFile()),
        }
        for name, action in actions.items():
            getattr(ui, name).connect("clicked()", guarded(action))
        ui.runSelector.connect("activated(int)", self._onRun)
        ui.subsetSelector.connect("activated(int)", self._onRun)
        ui.plotSelector.connect("activated(int)", self._onPlot)
        ui.caseTable.connect("cellClicked(int,int)", self.onCaseClicked)
        views.whenPointsSelected(self.onPointsSelected)
        validator.changed.connect(self.show)

    def _onRun(self, _index: int) -> None:
        run, subset = self.ui.runSelector.currentData, self.ui.subsetSelector.currentData
        self._guarded(lambda: self._validator.choose(run, subset))()

    def onCaseClicked(self, row: int, _column: int) -> None:
        """A row was clicked: show that case."""
        self._guarded(lambda: self._validator.select(row))()

    def onPointsSelected(self, seriesIds: Any, places: Any) -> None:
        """Points of a plot were selected: show the case of the first one."""
        from medopt.scene.plots import selected_labels

        self._guarded(lambda: self._validator.selectPoints(selected_labels(self._scene, seriesIds, places)))()

    def _onPlot(self, _index: int) -> None:
        if self._views.switched:
            self._guarded(self.showPlot)()

    def toggleTable(self) -> None:
        """Show the scores in a table view, or bring the earlier layout back."""
        if self._views.switched:
            self._views.goBack()
        else:
            self._views.showTable(self._validator.tableNode())

    def togglePlot(self) -> None:
        """Show the chosen plot in a plot view, or bring the earlier layout back."""
        if self._views.switched:
            self._views.goBack()
        else:
            self.showPlot()

    def showPlot(self) -> None:
        """Show the chosen plot."""
        self._views.showPlot(self._validator.plotNode(self.ui.plotSelector.currentData))

    def measureElsewhere(self) -> None:
        """Ask for another project's folder and measure the run on it."""
        from MedOptCoreLib.qt_tools import chooseFolder

        folder = chooseFolder(_("Folder of the other project"))
        if folder:
            self._validator.measureElsewhere(folder, self.ui.classPairsEdit.text)

    def show(self) -> None:
        """Show what the presenter says."""
        from MedOptCoreLib.qt_tools import applyButtons, fillCombo, fillTable, selectRow

        ui, validator = self.ui, self._validator
        fillCombo(ui.runSelector, validator.runs, validator.run)
        fillCombo(ui.subsetSelector, validator.subsets(), validator.subset)
        plots = validator.plots()
        chosen = ui.plotSelector.currentData
        names = [name for name, _title in plots]
        fillCombo(ui.plotSelector, plots, chosen if chosen in names else next(iter(names), None))
        fillTable(ui.summaryTable, validator.summary())
        ui.caseTable.setHorizontalHeaderLabels(list(validator.caseHeader()))
        fillTable(ui.caseTable, [line.cells() for line in validator.lines])
        selectRow(ui.caseTable, validator.current)
        ui.resultsLabel.text = validator.text
        ui.fitLabel.text = validator.fitText
        ui.checklistLabel.text = validator.checklistText
        ui.caseLabel.text = validator.caseText
        applyButtons(ui, validator.buttons())

    def cleanup(self) -> None:
        """Listen to the plot views no more."""
        self._views.whenPointsSelected(None)
