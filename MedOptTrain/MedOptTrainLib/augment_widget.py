"""The section Augmentation of the panel: connects its widgets with the presenters."""

from __future__ import annotations

from typing import Any

from MedOptTrainLib.augment_preview import COUNTS, AugmentPreview
from MedOptTrainLib.augment_section import AugmentSection
from MedOptTrainLib.balance_section import BalanceSection
from MedOptTrainLib.form_widget import FormRows
from MedOptTrainLib.preprocess_widget import Guard


class AugmentWidget:
    """Parameters
    ----------
    ui : the named widgets
    section, preview, balance : the presenters
    views : brings the chart of the classes into a view
    guarded : makes a function that shows the errors of another
    """

    def __init__(
        self,
        ui: Any,
        section: AugmentSection,
        preview: AugmentPreview,
        balance: BalanceSection,
        views: Any,
        guarded: Guard,
    ) -> None:
        from MedOptCoreLib.qt_tools import fillCombo

        self.ui, self._section, self._preview = ui, section, preview
        self._balance, self._views, self._plotted = balance, views, False
        self._form = FormRows(ui, "technique", section.setField, section.setAutomatic)
        fillCombo(ui.variantsSelector, [(str(n), str(n)) for n in COUNTS], str(preview.count))
        actions = {
            "standardPresetButton": section.begin,
            "variantsButton": preview.toggle,
            "seedButton": preview.newSeed,
            "balanceButton": self.toggleBalance,
        }
        for name, action in actions.items():
            getattr(ui, name).connect("clicked()", guarded(action))
        ui.presetSelector.connect("activated(int)", guarded(lambda: section.setPreset(ui.presetSelector.currentData)))
        ui.variantsSelector.connect(
            "activated(int)", guarded(lambda: preview.setCount(int(ui.variantsSelector.currentData)))
        )
        ui.techniquesTable.connect("itemSelectionChanged()", self._onRow)
        ui.techniquesTable.connect("cellDoubleClicked(int,int)", lambda _row, _column: section.switch(not section.on))
        ui.techniqueOnCheck.connect("toggled(bool)", section.switch)
        ui.alwaysCheck.connect("toggled(bool)", preview.setAlways)
        section.changed.connect(self.show)
        preview.changed.connect(self.showPreview)
        ui.balanceSpinBox.connect("valueChanged(double)", lambda value: balance.setTarget(value / 100))
        balance.changed.connect(self.showBalance)

    def toggleBalance(self) -> None:
        """Show the chart of the classes in a plot view, or take it away and bring the earlier layout back."""
        if self._balance.plotted:
            self._balance.removeChart()
            return
        self._views.showPlot(self._balance.chart())
        self.showBalance()

    def showBalance(self) -> None:
        """Show what the balance says."""
        from MedOptCoreLib.qt_tools import applyButtons

        ui, balance = self.ui, self._balance
        spin = ui.balanceSpinBox
        blocked = spin.blockSignals(True)
        if spin.value != 100 * balance.target:
            spin.value = 100 * balance.target
        spin.blockSignals(blocked)
        applyButtons(ui, balance.buttons())
        spin.enabled = ui.balanceButton.enabled
        if self._views.switched and self._plotted and not balance.plotted:
            self._views.goBack()
        self._plotted = balance.plotted
        ui.balanceLabel.text = balance.text
        ui.balanceLabel.setVisible(bool(balance.text))

    def _onRow(self) -> None:
        row, names = self.ui.techniquesTable.currentRow(), self._section.names()
        self._section.select(names[row] if 0 <= row < len(names) else None)

    def show(self) -> None:
        """Show what the section says."""
        from MedOptCoreLib.qt_tools import applyButtons, fillCombo, fillTable, selectRow

        ui, section = self.ui, self._section
        rows, names = section.rows(), section.names()
        fillTable(ui.techniquesTable, rows)
        selectRow(ui.techniquesTable, names.index(section.selected) if rows and section.selected in names else None)
        fillCombo(ui.presetSelector, section.presets(), section.preset or None)
        check = ui.techniqueOnCheck
        check.enabled = bool(rows) and section.selected is not None
        blocked = check.blockSignals(True)
        check.checked = section.on
        check.blockSignals(blocked)
        self._form.show(section.controls())
        ui.techniqueProblemLabel.text = section.problem
        ui.techniqueProblemLabel.setVisible(bool(section.problem))
        ui.presetSelector.enabled = section.part.present
        applyButtons(ui, section.buttons())
        ui.standardPresetButton.setVisible(not section.part.present)
        self.showPreview()
        self.showBalance()

    def showPreview(self) -> None:
        """Show what the preview says."""
        from MedOptCoreLib.qt_tools import applyButtons

        ui, preview = self.ui, self._preview
        captions = "\n".join(f"{n}. {text}" for n, text in enumerate(preview.captions(), 1))
        for label, text in ((ui.variantsLabel, preview.text), (ui.captionsLabel, captions)):
            label.text = text
            label.setVisible(bool(text))
        applyButtons(ui, preview.buttons())
