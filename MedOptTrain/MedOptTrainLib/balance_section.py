"""How often cases of rare classes come in an epoch: a target, and a chart of the classes before and after."""

from __future__ import annotations

import importlib
from functools import cached_property
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptTrainLib.preview_case import PreviewCase
from MedOptTrainLib.preview_stage import PreviewStage
from MedOptTrainLib.recipe_form import RecipeForm

CHART_ROLE = "class balance"


class BalanceSection(Presenter):
    """Edits ``balance`` of the recipe and shows what it does to the training cases.

    Parameters
    ----------
    stage : knows the scene and which plot is active
    recipe : the recipe
    case : gives the project and its training cases
    """

    def __init__(self, stage: PreviewStage, recipe: RecipeForm, case: PreviewCase) -> None:
        super().__init__()
        self._stage, self._recipe, self._case = stage, recipe, case
        self._counted: tuple[tuple[str, ...], Any] | None = None
        self._chart: Any = None
        self._drawn: Any = None
        self.text = ""
        recipe.changed.connect(self._onRecipe)
        case.changed.connect(self._onCases)

    # ---- the recipe ------------------------------------------------------------------------------------------

    @cached_property
    def available(self) -> bool:
        """Whether this version of the library balances; asked only while a project is open."""
        try:
            for name in ("medopt.augment.balance", "medopt.scene.balance_chart"):
                importlib.import_module(name)
        except ModuleNotFoundError:
            return False
        return True

    @property
    def settings(self) -> Any:
        """The recipe's settings, or those of no balancing."""
        from medopt.augment.balance import BalanceSettings
        from medopt.errors import MedOptError

        value = (self._recipe.values or {}).get("balance")
        try:
            return BalanceSettings.parse(value or {}, "balance")
        except MedOptError:
            return None

    @property
    def target(self) -> float:
        """Each class should be met at least so often, as a share of the commonest one; 0 switches balancing off."""
        settings = self.settings if self._recipe.hasProject and self.available else None
        return 0.0 if settings is None else float(settings.target)

    def setTarget(self, target: float) -> None:
        """Change the target; other fields of the recipe's balance stay."""
        if not (self._recipe.hasProject and self.available) or target == self.target:
            return
        from medopt.augment.balance import BalanceSettings

        base = self.settings or BalanceSettings()
        self._recipe.setPart("balance", {**base.model_dump(mode="json"), "target": target})

    # ---- the chart -------------------------------------------------------------------------------------------

    @property
    def plotted(self) -> bool:
        """Whether there is a chart."""
        return self._chart is not None and bool(self._stage.scene.IsNodePresent(self._chart))

    def chart(self) -> Any:
        """The plot chart node of the classes before and after, made where it is missing."""
        self._draw()
        return self._chart

    def removeChart(self) -> None:
        """Take the chart out of the scene; the plot that was active before is active again."""
        from medopt.scene.plots import remove_plot

        if self.plotted:
            self._stage.putBackPlot(self._chart)
            remove_plot(self._stage.scene, self._chart)
        self._chart, self._drawn, self.text = None, None, ""
        self.changed.emit()

    def _onRecipe(self) -> None:
        if self.plotted and self.settings is not None and self.settings != self._drawn:
            self._draw()
        self.changed.emit()

    def _onCases(self) -> None:
        self._counted = None
        if self.plotted:
            self.removeChart()

    def _draw(self) -> None:
        from medopt.augment.balance import REASONS, balance
        from medopt.scene.balance_chart import balance_chart
        from medopt.scene.plots import plot_from_chart, update_plot

        settings = self.settings
        names = [item.name for item in self._case.classes]
        found = balance(self._counts(), settings)
        chart = balance_chart(found, names)
        if self.plotted:
            update_plot(self._stage.scene, self._chart, chart)
        else:
            self._stage.rememberPlot()
            self._chart = plot_from_chart(self._stage.scene, chart, role=CHART_ROLE)
        self._drawn = settings
        held = [
            _("{name}: {reason}").format(name=name, reason=REASONS[reason])
            for name, reason in zip(names, found.reasons, strict=True)
            if reason
        ]
        parts = [_("{n} cases an epoch").format(n=found.length)]
        parts.append(_("as much told as by {n:.0f} of equal weight").format(n=found.effective_cases))
        self.text = " · ".join([*parts, *held])

    def _counts(self) -> Any:
        """(training cases, classes): whether the label of a case holds a class, as the catalogue knows it."""
        import numpy as np

        cases = tuple(self._case.training())
        if self._counted is None or self._counted[0] != cases:
            values = [item.value for item in self._case.classes]
            rows = [[float(value in self._case.valuesOf(name)) for value in values] for name in cases]
            self._counted = (cases, np.array(rows).reshape(len(cases), len(values)))
        return self._counted[1]

    # ---- how it looks ----------------------------------------------------------------------------------------

    def buttons(self) -> dict[str, ButtonState]:
        """State of the button."""
        missing = "" if self._recipe.hasProject else _("Open or create a project first.")
        missing = missing or ("" if self.available else _("This version of MedOpt does not balance."))
        if not missing and not self._case.training():
            missing = _("Label some cases first.")
        if not missing and self.settings is None:
            missing = _("Correct balance in the table of the recipe first.")
        text = _("Remove balance") if self.plotted else _("Show balance")
        tip = _("Plot how often each class is met in an epoch, before and after, or go back.")
        return {"balanceButton": ButtonState("" if self.plotted else missing, tip, text=text)}
