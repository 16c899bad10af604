"""The section Teach: connects its widgets with the presenters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MedOptLabelLib.blind_form import BlindForm
from MedOptLabelLib.rounds_view import PLOTS, RoundsView
from MedOptLabelLib.teach_section import TeachSection

Guard = Callable[[Callable[[], None]], Callable[[], None]]


class TeachWidget:
    """Parameters
    ----------
    ui : the named widgets
    teach, rounds, blind : the presenters
    views : brings a chart into a view
    guarded : makes a function that shows the errors of another
    """

    def __init__(
        self, ui: Any, teach: TeachSection, rounds: RoundsView, blind: BlindForm, views: Any, guarded: Guard
    ) -> None:
        from MedOptCoreLib.qt_tools import fillCombo

        self.ui, self._teach, self._rounds, self._blind, self._views = ui, teach, rounds, blind, views
        fillCombo(ui.roundsPlotSelector, PLOTS, PLOTS[0][0])
        actions = {
            "teachButton": lambda: teach.startOrStop(ui.teachMinutesSpinBox.value, anew=ui.anewCheck.checked),
            "refreshRoundsButton": rounds.refresh,
            "showRoundsButton": self.toggleChart,
        }
        for name, action in actions.items():
            getattr(ui, name).connect("clicked()", guarded(action))
        plotted = guarded(self._onPlot)
        ui.roundsPlotSelector.connect("activated(int)", lambda _index: plotted())
        shares = guarded(lambda: blind.set(ui.blindSpinBox.value, ui.catchSpinBox.value))
        for box in (ui.blindSpinBox, ui.catchSpinBox):
            box.connect("editingFinished()", shares)
        self._refresh = guarded(rounds.refresh)
        ui.teachSection.connect("contentsCollapsed(bool)", lambda folded: None if folded else self._refresh())
        teach.ended.connect(self._onEnded)
        teach.changed.connect(self.showTeach)
        rounds.changed.connect(self.showRounds)
        blind.changed.connect(self.showBlind)

    def toggleChart(self) -> None:
        """Show the chosen chart in a view, or bring the earlier layout back."""
        if self._views.switched:
            self._views.goBack()
        else:
            self._showChart()

    def _onPlot(self) -> None:
        if self._views.switched:
            self._showChart()
        self._showButtons()

    def _showChart(self) -> None:
        node = self._rounds.node(self.ui.roundsPlotSelector.currentData)
        if node is not None:
            self._views.showPlot(node)

    def _onEnded(self) -> None:
        if not self.ui.teachSection.collapsed:
            self._refresh()

    def show(self) -> None:
        """Show what the presenters say."""
        self.showTeach()
        self.showRounds()
        self.showBlind()

    def showTeach(self) -> None:
        """Show the round under way."""
        from MedOptCoreLib.qt_tools import applyButtons

        self.ui.teachLabel.text = self._teach.text
        self.ui.anewCheck.setVisible(self._teach.unfinished is not None and not self._teach.running)
        applyButtons(self.ui, self._teach.buttons())
        self._showButtons()

    def showRounds(self) -> None:
        """Show the rounds."""
        from MedOptCoreLib.qt_tools import fillTable

        cells = self._rounds.cells()
        fillTable(self.ui.roundsTable, cells)
        self.ui.roundsTable.setVisible(bool(cells))
        self.ui.forecastLabel.text = self._rounds.text
        self.ui.forecastLabel.setVisible(bool(self._rounds.text))
        self._showButtons()

    def showBlind(self) -> None:
        """Show the shares of blind cases and catch trials."""
        ui, blind = self.ui, self._blind
        for box, value in ((ui.blindSpinBox, blind.blind), (ui.catchSpinBox, blind.catch)):
            blocked = box.blockSignals(True)
            box.enabled = blind.enabled
            box.value = value
            box.blockSignals(blocked)
        ui.blindProblemLabel.text = blind.problem
        ui.blindProblemLabel.setVisible(bool(blind.problem))

    def _showButtons(self) -> None:
        from MedOptCoreLib.qt_tools import applyButtons

        applyButtons(self.ui, self._rounds.buttons(self.ui.roundsPlotSelector.currentData))
