"""The section Recipe of the panel: connects its widgets with the presenter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptTrainLib.preprocess_widget import Guard
from MedOptTrainLib.recipe_form import RecipeForm


class RecipeWidget:
    """Parameters
    ----------
    ui : the named widgets
    recipe : the presenter
    device : gives the device that shall train, empty for the best there is
    guarded : makes a function that shows the errors of another
    """

    def __init__(self, ui: Any, recipe: RecipeForm, device: Callable[[], str], guarded: Guard) -> None:
        self.ui, self._recipe, self._guarded = ui, recipe, guarded
        actions = {
            "proposeButton": lambda: recipe.propose(ui.minutesSpinBox.value, device()),
            "checkButton": recipe.check,
            "revertButton": recipe.revert,
            "loadButton": self._load,
            "saveButton": self._save,
        }
        for name, action in actions.items():
            getattr(ui, name).connect("clicked()", guarded(action))
        ui.recipeTable.connect("cellChanged(int,int)", self._onCell)
        ui.recipeTable.connect("itemSelectionChanged()", self._onRow)
        ui.allFieldsCheck.connect("toggled(bool)", recipe.showEverything)
        ui.minutesSpinBox.connect("valueChanged(double)", self._onMinutes)

    def _onCell(self, row: int, column: int) -> None:
        field, cell = self.ui.recipeTable.item(row, 0), self.ui.recipeTable.item(row, column)
        self._guarded(lambda: self._recipe.set(field.text(), cell.text()))()
        self.show()

    def _onRow(self) -> None:
        item = self.ui.recipeTable.item(self.ui.recipeTable.currentRow(), 0)
        self._recipe.select(item.text() if item is not None else None)

    def _onMinutes(self, minutes: float) -> None:
        self._guarded(lambda: self._recipe.setMinutes(minutes))()

    def _load(self) -> None:
        from MedOptCoreLib.qt_tools import chooseFile

        path = chooseFile(_("Load a recipe"), _("Recipes (*.yaml *.yml)"), save=False)
        if path:
            self._recipe.load(path)

    def _save(self) -> None:
        from MedOptCoreLib.qt_tools import chooseFile

        path = chooseFile(_("Save the recipe"), _("Recipes (*.yaml *.yml)"), save=True)
        if path:
            self._recipe.write(path)

    def show(self) -> None:
        """Show what the recipe says."""
        from MedOptCoreLib.qt_tools import applyButtons, fillTable, selectRow

        ui, recipe = self.ui, self._recipe
        rows = recipe.rows()
        cells = [[row.field, row.value, row.why] for row in rows]
        fillTable(ui.recipeTable, cells, editableColumn=1, tips=[row.tip for row in rows])
        names = [row.field for row in rows]
        selectRow(ui.recipeTable, names.index(recipe.selected) if recipe.selected in names else None)
        ui.allFieldsCheck.setVisible(recipe.advice is not None)
        ui.recipeLabel.text = recipe.text
        ui.problemsLabel.text = recipe.problems
        ui.cautionsLabel.text = recipe.cautions
        ui.cautionsLabel.setVisible(bool(recipe.cautions))
        if recipe.minutes is not None and ui.minutesSpinBox.value != recipe.minutes:
            blocked = ui.minutesSpinBox.blockSignals(True)
            ui.minutesSpinBox.value = recipe.minutes
            ui.minutesSpinBox.blockSignals(blocked)
        applyButtons(ui, recipe.buttons())
