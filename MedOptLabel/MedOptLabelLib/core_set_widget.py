"""The section Core set: connects its widgets with the presenter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MedOptLabelLib.core_set_section import CoreSetSection
from MedOptLabelLib.session import LabelSession

Guard = Callable[[Callable[[], None]], Callable[[], None]]


class CoreSetWidget:
    """Parameters
    ----------
    ui : the named widgets
    section : the presenter
    session : shows cases, marks those of the core set, and knows which one is selected in the table of cases
    scene : a ``vtkMRMLScene``
    views : brings the chart into a view
    guarded : makes a function that shows the errors of another
    """

    def __init__(
        self, ui: Any, section: CoreSetSection, session: LabelSession, scene: Any, views: Any, guarded: Guard
    ) -> None:
        self._scene = scene
        self.ui, self._section, self._session, self._views, self._guarded = ui, section, session, views, guarded
        actions = {
            "coreSetButton": section.choose,
            "coreToggleButton": section.toggle,
            "coreChartButton": self.toggleChart,
        }
        for name, action in actions.items():
            getattr(ui, name).connect("clicked()", guarded(action))
        ui.coreCountSpinBox.connect("valueChanged(double)", lambda value: section.setCount(round(value)))
        ui.coreTable.connect("itemSelectionChanged()", self._onRow)
        ui.coreTable.connect("cellDoubleClicked(int,int)", self._onOpen)
        views.whenPointsSelected(self._onPoints)
        section.changed.connect(self.show)
        session.changed.connect(self._onSession)
        session.labelSaved.connect(section.noteLabel)

    def toggleChart(self) -> None:
        """Show the cohort in a view, or bring the earlier layout back; prepare it where there is nothing to draw."""
        if self._views.switched:
            self._views.goBack()
            return
        if self._section.mapMissing:
            self._section.readImages()
            return
        node = self._section.node()
        if node is not None:
            self._views.showPlot(node)

    def _onPoints(self, seriesIds: Any, places: Any) -> None:
        """Points of the chart were selected: the first one's case is the selected case."""
        from medopt.scene.plots import selected_labels

        case = self._section.caseAmong(selected_labels(self._scene, seriesIds, places))
        if case is not None:
            self._session.select(case)

    def _onRow(self) -> None:
        case = self._section.caseOf(self.ui.coreTable.currentRow())
        if case is not None:
            self._session.select(case)

    def _onOpen(self, row: int, _column: int) -> None:
        case = self._section.caseOf(row)
        if case is not None:
            self._guarded(lambda: self._session.open(case))()

    def _onSession(self) -> None:
        self._section.select(self._session.selected)

    def show(self) -> None:
        """Show what the presenter says."""
        from MedOptCoreLib.qt_tools import applyButtons, fillTable, selectRow

        ui, section = self.ui, self._section
        self._session.setCore(section.ids)
        cells = section.cells()
        fillTable(ui.coreTable, cells)
        ui.coreTable.setVisible(bool(cells))
        selectRow(ui.coreTable, section.ids.index(section.selected) if section.selected in section.ids else None)
        blocked = ui.coreCountSpinBox.blockSignals(True)
        ui.coreCountSpinBox.value = section.count
        ui.coreCountSpinBox.blockSignals(blocked)
        ui.coreLabel.text = section.text
        ui.coreLabel.setVisible(bool(section.text))
        applyButtons(ui, section.buttons())

    def cleanup(self) -> None:
        """Listen to plots no more."""
        self._views.whenPointsSelected(None)
