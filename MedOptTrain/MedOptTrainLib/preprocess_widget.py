"""The section Preprocessing of the panel: connects its widgets with the presenters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MedOptTrainLib.form_widget import FormRows
from MedOptTrainLib.preprocess_preview import PreprocessPreview
from MedOptTrainLib.preprocess_section import PreprocessSection
from MedOptTrainLib.preview_case import PreviewCase

Guard = Callable[[Callable[[], None]], Callable[[], None]]
"""Makes a function that shows the errors of another."""


class PreprocessWidget:
    """Parameters
    ----------
    ui : the named widgets
    section, preview, case : the presenters
    views : brings the histograms into a view
    guarded : makes a function that shows the errors of another
    """

    def __init__(
        self,
        ui: Any,
        section: PreprocessSection,
        preview: PreprocessPreview,
        case: PreviewCase,
        views: Any,
        guarded: Guard,
    ) -> None:
        self.ui, self._section, self._preview, self._case, self._views = ui, section, preview, case, views
        self._form = FormRows(ui, "step", section.setField, section.setAutomatic)
        actions = {
            "defaultStepsButton": section.begin,
            "addStepButton": lambda: section.add(ui.stepKindSelector.currentData),
            "removeStepButton": section.remove,
            "stepUpButton": lambda: section.move(-1),
            "stepDownButton": lambda: section.move(1),
            "previewButton": preview.toggle,
            "histogramsButton": self.toggleHistograms,
        }
        for name, action in actions.items():
            getattr(ui, name).connect("clicked()", guarded(action))
        ui.stepsTable.connect("itemSelectionChanged()", self._onRow)
        ui.caseSelector.connect("activated(int)", guarded(lambda: case.choose(ui.caseSelector.currentData)))
        ui.channelSelector.connect(
            "activated(int)", guarded(lambda: preview.setChannel(ui.channelSelector.currentIndex))
        )
        ui.blendSlider.connect("valueChanged(double)", preview.setBlend)
        section.changed.connect(self.show)
        preview.changed.connect(self.showPreview)
        case.changed.connect(self.showPreview)

    def toggleHistograms(self) -> None:
        """Show the histograms in a plot view, or take them away and bring the earlier layout back."""
        if self._preview.plotted:
            self._preview.removeHistograms()
            return
        node = self._preview.histograms()
        if node is not None:
            self._views.showPlot(node)
        self.showPreview()

    def _onRow(self) -> None:
        row = self.ui.stepsTable.currentRow()
        self._section.select(row if row >= 0 else None)

    def show(self) -> None:
        """Show what the section says."""
        from MedOptCoreLib.qt_tools import applyButtons, fillCombo, fillTable, selectRow

        ui, section = self.ui, self._section
        fillTable(ui.stepsTable, section.rows())
        selectRow(ui.stepsTable, section.selected)
        kinds = section.kinds()
        fillCombo(ui.stepKindSelector, kinds, ui.stepKindSelector.currentData or (kinds[0][0] if kinds else None))
        self._form.show(section.controls())
        ui.stepProblemLabel.text = section.problem
        ui.stepProblemLabel.setVisible(bool(section.problem))
        applyButtons(ui, section.buttons())
        ui.defaultStepsButton.setVisible(not section.part.present)
        self.showPreview()

    def showPreview(self) -> None:
        """Show what the preview says."""
        from MedOptCoreLib.qt_tools import applyButtons, fillCombo

        ui, preview, case = self.ui, self._preview, self._case
        fillCombo(ui.caseSelector, [(name, name) for name in case.offered()], case.caseId)
        channels = [(name, name) for name in case.channels]
        fillCombo(ui.channelSelector, channels, channels[preview.channel][0] if channels else None)
        for name in ("channelSelector", "channelSelectorCaption"):
            getattr(ui, name).setVisible(len(channels) > 1)
        if self._views.switched and not preview.plotted and self._plotted:
            self._views.goBack()
        self._plotted = preview.plotted
        for label, text in ((ui.previewLabel, preview.text), (ui.clippedLabel, preview.clippedText)):
            label.text = text
            label.setVisible(bool(text))
        applyButtons(ui, preview.buttons())

    _plotted = False
