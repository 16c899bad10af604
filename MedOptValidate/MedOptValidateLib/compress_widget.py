"""The section Compress: connects its widgets with the presenter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from MedOptValidateLib.compress_section import CompressSection
from MedOptValidateLib.explain_widget import Guard

FIELDS = {
    "keepSpinBox": "keepPercent",
    "maxLatencySpinBox": "latencyMs",
    "maxSizeSpinBox": "sizeMb",
    "compressMinutesSpinBox": "minutes",
}
"""Box → field of the wishes."""


class CompressWidget:
    """Parameters
    ----------
    ui : the named widgets
    section : what they show
    views : brings the chart into a view and tells of points that are selected in it
    scene : a ``vtkMRMLScene``
    openFile : opens a file in the program that the desktop has for it
    guarded : makes a function that shows the errors of another
    """

    def __init__(
        self,
        ui: Any,
        section: CompressSection,
        views: Any,
        scene: Any,
        openFile: Callable[[Path | None], None],
        guarded: Guard,
    ) -> None:
        self.ui, self.section, self.views = ui, section, views
        self._scene, self._openFile, self._guarded = scene, openFile, guarded
        actions = {
            "compressPlanButton": section.tellPlan,
            "compressButton": section.startOrStop,
            "resumeCompressButton": section.resume,
            "showFrontButton": self.toggleFront,
            "modelReportButton": self.openOrMakeReport,
            "modelResultsButton": section.showResults,
        }
        for name, action in actions.items():
            getattr(ui, name).connect("clicked()", guarded(action))
        for name, field in FIELDS.items():
            getattr(ui, name).connect("valueChanged(double)", self._wish(field))
        ui.compressRunSelector.connect("activated(int)", self._onRun)
        ui.compressionSelector.connect("activated(int)", self._onRequest)
        ui.modelTable.connect("cellClicked(int,int)", self._onRow)
        ui.compressSection.connect("contentsCollapsed(bool)", lambda _folded: self.show())
        views.whenPointsSelected(self.onPointsSelected)
        section.changed.connect(self.show)
        for name, field in FIELDS.items():
            getattr(ui, name).value = getattr(section.wishes, field)
        self.show()

    def _wish(self, field: str) -> Callable[[float], None]:
        return lambda value: self.section.wish(**{field: value})

    def _onRun(self, index: int) -> None:
        self.section.wish(run=self.ui.compressRunSelector.itemData(index))

    def _onRequest(self, index: int) -> None:
        self.section.select(self.ui.compressionSelector.itemData(index))

    def _onRow(self, row: int, _column: int) -> None:
        self.section.selectRow(row)

    def onPointsSelected(self, seriesIds: Any, places: Any) -> None:
        """Points of a plot were selected: choose that model, and open its report if it is one and has one."""
        from medopt.scene.plots import selected_labels

        labels = selected_labels(self._scene, seriesIds, places)
        self._guarded(lambda: self._openFile(self.section.report.file) if self.section.selectPoints(labels) else None)()

    def toggleFront(self) -> None:
        """Show the front in a plot view, or bring the earlier layout back."""
        if self.views.switched:
            self.views.goBack()
            return
        node = self.section.chart()
        if node is not None:
            self.views.showPlot(node)

    def openOrMakeReport(self) -> None:
        """Open the report of the chosen model, or have it made."""
        page = self.section.report.file
        if page is None:
            self.section.report.make()
        else:
            self._openFile(page)

    def show(self) -> None:
        """Show what the presenter says; the tables only while the section is open."""
        from MedOptCoreLib.qt_tools import applyButtons, fillCombo, fillTable, selectRow

        ui, section = self.ui, self.section
        fillCombo(ui.compressRunSelector, section.runs(), section.wishes.run or None)
        view = section.view
        fillCombo(
            ui.compressionSelector, [(name, name) for name in section.names()], None if view is None else view.name
        )
        ui.compressPlanLabel.text = section.plan.text(section.wishes)
        ui.compressLabel.text = section.text
        ui.modelLabel.text = section.modelText
        if not ui.compressSection.collapsed:
            fillTable(ui.compressPlanTable, section.planCells())
            if view is not None:
                ui.modelTable.setHorizontalHeaderLabels(list(view.headers()))
            fillTable(ui.modelTable, [] if view is None else view.rows())
            selectRow(ui.modelTable, section.row)
        applyButtons(ui, section.buttons())

    def cleanup(self) -> None:
        """Listen to the plot views no more."""
        self.views.whenPointsSelected(None)
