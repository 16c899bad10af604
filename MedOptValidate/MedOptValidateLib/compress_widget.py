"""The section Compress: connects its widgets with the presenter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from MedOptValidateLib.compress_engines import engineTip
from MedOptValidateLib.compress_section import CompressSection
from MedOptValidateLib.explain_widget import Guard

FIELDS = {
    "keepSpinBox": "keepPercent",
    "maxLatencySpinBox": "latencyMs",
    "maxSizeSpinBox": "sizeMb",
    "compressMinutesSpinBox": "minutes",
}
"""Box → field of the wishes."""
TICKS = {
    "prunedCheck": "pruned",
    "studentsCheck": "students",
    "coarseCheck": "coarser",
    "networksCheck": "networks",
}
SHARES = {"removedEdit": "removed", "widthsEdit": "widths", "coarseEdit": "coarse"}
"""Box → field of their branches."""


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
        for name, field in TICKS.items():
            getattr(ui, name).connect("toggled(bool)", self._wishBranches(field))
        for name, field in SHARES.items():
            getattr(ui, name).connect("textChanged(QString)", self._wishBranches(field))
        ui.compressEngineSelector.connect("activated(int)", self._onEngine)
        ui.compressRunSelector.connect("activated(int)", self._onRun)
        ui.compressionSelector.connect("activated(int)", self._onRequest)
        ui.modelTable.connect("cellClicked(int,int)", self._onRow)
        ui.compressSection.connect("contentsCollapsed(bool)", lambda _folded: self.show())
        views.whenPointsSelected(self.onPointsSelected)
        section.changed.connect(self.show)
        for name, field in FIELDS.items():
            getattr(ui, name).value = getattr(section.wishes, field)
        for name, field in TICKS.items():
            getattr(ui, name).checked = getattr(section.wishes.branches, field)
        for name, field in SHARES.items():
            getattr(ui, name).text = getattr(section.wishes.branches, field)
        self.show()

    def _wish(self, field: str) -> Callable[[float], None]:
        return lambda value: self.section.wish(**{field: value})

    def _wishBranches(self, field: str) -> Callable[[Any], None]:
        return lambda value: self.section.wishBranches(**{field: value})

    def _onEngine(self, index: int) -> None:
        self.section.wish(engine=self.ui.compressEngineSelector.itemData(index))

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
        """Show what the presenter says; tables and engines only while the section is open."""
        from MedOptCoreLib.qt_tools import applyButtons, fillCombo, fillTable, selectRow

        ui, section = self.ui, self.section
        view = section.view
        fillCombo(ui.compressRunSelector, pairs(section.runs()), section.wishes.run or None)
        fillCombo(ui.compressionSelector, pairs(section.names()), None if view is None else view.name)
        self._showBranches()
        ui.compressPlanLabel.text = section.plan.text(section.wishes)
        ui.compressLabel.text = section.text
        ui.modelLabel.text = section.modelText
        if not ui.compressSection.collapsed:
            self._showEngines()
            fillTable(ui.compressPlanTable, section.planCells())
            if view is not None:
                ui.modelTable.setHorizontalHeaderLabels(list(view.headers()))
            fillTable(ui.modelTable, [] if view is None else view.rows())
            selectRow(ui.modelTable, section.row)
        applyButtons(ui, section.buttons())

    def _showEngines(self) -> None:
        """Those that are installed where workers run; the tool tip says why others are not there."""
        from MedOptCoreLib.qt_tools import fillCombo

        combo, lacking = self.ui.compressEngineSelector, self.section.engines()
        fillCombo(combo, pairs(name for name, packages in lacking.items() if not packages), self.section.wishes.engine)
        combo.toolTip = engineTip(lacking)

    def _showBranches(self) -> None:
        """What is wrong with the shares, each beside its field."""
        ui, branches = self.ui, self.section.wishes.branches
        ui.removedEdit.enabled, ui.widthsEdit.enabled = branches.pruned, branches.students
        ui.coarseEdit.enabled = branches.coarser
        for label, problem in (
            (ui.removedProblemLabel, branches.removedProblem),
            (ui.widthsProblemLabel, branches.widthsProblem),
            (ui.coarseProblemLabel, branches.coarseProblem),
        ):
            label.text = problem
            label.setVisible(bool(problem))

    def cleanup(self) -> None:
        """Listen to the plot views no more."""
        self.views.whenPointsSelected(None)


def pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    """Items of a selector that shows names."""
    return [(name, name) for name in names]
