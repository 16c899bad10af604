"""The section Explain: connects its widgets with the presenter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MedOptValidateLib.explain_presenter import METHODS, ExplainPresenter

Guard = Callable[[Callable[[], None]], Callable[[], None]]


class ExplainWidget:
    """Parameters
    ----------
    ui : the named widgets
    presenter : what they show
    guarded : makes a function that shows the errors of another
    """

    def __init__(self, ui: Any, presenter: ExplainPresenter, guarded: Guard) -> None:
        self.ui, self._presenter = ui, presenter
        ui.explainButton.connect("clicked()", guarded(presenter.explain))
        ui.explainMethodSelector.connect("activated(int)", self._onMethod)
        ui.explainClassSelector.connect("activated(int)", self._onClass)
        ui.showMapCheck.connect("toggled(bool)", presenter.setShown)
        ui.mapOpacitySlider.connect("valueChanged(double)", self._onOpacity)
        presenter.changed.connect(self.show)
        ui.mapOpacitySlider.value = 100 * presenter.opacity
        self.show()

    def _onMethod(self, index: int) -> None:
        self._presenter.chooseMethod(self.ui.explainMethodSelector.itemData(index))

    def _onClass(self, index: int) -> None:
        self._presenter.chooseClass(self.ui.explainClassSelector.itemData(index))

    def _onOpacity(self, percent: float) -> None:
        self._presenter.setOpacity(percent / 100)

    def show(self) -> None:
        """Show what the presenter says."""
        from MedOptCoreLib.qt_tools import applyButtons, fillCombo

        ui, presenter = self.ui, self._presenter
        classes = presenter.classes()
        fillCombo(ui.explainMethodSelector, METHODS, presenter.method)
        chosen = presenter.className if presenter.className in classes else next(iter(classes), None)
        fillCombo(ui.explainClassSelector, [(name, name) for name in classes], chosen)
        ui.explainLabel.text = presenter.text
        applyButtons(ui, presenter.buttons())

    def cleanup(self) -> None:
        """Take the map out of views and scene."""
        self._presenter.close()
