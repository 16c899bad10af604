"""Network, loss, what to start from, how to run: connects the widgets of the section Train with the presenters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MedOptTrainLib.form_widget import FormRows
from MedOptTrainLib.hyper import Hyper
from MedOptTrainLib.preprocess_widget import Guard
from MedOptTrainLib.trainer import Trainer


class TrainWidget:
    """Parameters
    ----------
    ui : the named widgets
    hyper : the presenters
    trainer : takes device and threads, compares runs
    choose : asks for a file (True) or a folder (False) to start from; empty when the choice is given up
    guarded : makes a function that shows the errors of another
    """

    def __init__(self, ui: Any, hyper: Hyper, trainer: Trainer, choose: Callable[[bool], str], guarded: Guard) -> None:
        self.ui, self._hyper, self._trainer = ui, hyper, trainer
        self._forms = {
            prefix: FormRows(ui, prefix, group.setField, group.setAutomatic)
            for prefix, group in (("loss", hyper.loss), ("transfer", hyper.transfer), ("running", hyper.running))
        }
        actions = {
            "networksButton": hyper.network.showCosts,
            "measureButton": hyper.network.measure,
            "pretrainButton": lambda: hyper.start.pretrainOrStop(ui.pretrainSpinBox.value),
            "startFileButton": lambda: self._startFrom(choose(True)),
            "startFolderButton": lambda: self._startFrom(choose(False)),
        }
        for name, action in actions.items():
            getattr(ui, name).connect("clicked()", guarded(action))
        chosen = guarded(
            lambda: hyper.network.choose(ui.networkSelector.currentData, ui.sizeSelector.currentData or "")
        )
        for name in ("networkSelector", "sizeSelector"):
            getattr(ui, name).connect("activated(int)", lambda _index: chosen())
        choices = {
            "startSelector": hyper.start.choose,
            "deviceSelector": trainer.setDevice,
            "compareSelector": trainer.compareWith,
        }
        for name, take in choices.items():
            getattr(ui, name).connect("activated(int)", self._taking(name, take, guarded))
        ui.threadsSpinBox.connect("valueChanged(double)", lambda value: trainer.setThreads(round(value)))
        for presenter in hyper.presenters:  # changes of the recipe are told by the panel, once for all
            presenter.changed.connect(self.show)

    def _taking(self, name: str, take: Callable[[str], None], guarded: Guard) -> Callable[[int], None]:
        run = guarded(lambda: take(getattr(self.ui, name).currentData))
        return lambda _index: run()

    def _startFrom(self, path: str) -> None:
        if path:
            self._hyper.start.choose(path)

    def show(self) -> None:
        """Show what the presenters say."""
        from MedOptCoreLib.qt_tools import applyButtons, fillCombo

        ui, network, start = self.ui, self._hyper.network, self._hyper.start
        known = network.name != ""
        fillCombo(ui.networkSelector, network.families(), network.name or None)
        fillCombo(ui.sizeSelector, network.sizes() if known else [], network.size if known else None)
        for name in ("networkSelector", "sizeSelector"):
            combo = getattr(ui, name)
            combo.enabled = not network.missing
        ui.networkSelector.toolTip = network.missing or _tip(network)
        ui.networkLabel.text = network.text
        ui.networkLabel.setVisible(bool(network.text))
        fillCombo(ui.startSelector, start.offered(), start.source)
        ui.startSelector.enabled = not start.missing
        for prefix, form in self._forms.items():
            form.show(getattr(self._hyper, prefix).controls())
        ui.transferSection.setVisible(bool(start.source))
        for prefix in ("transfer", "running"):
            problem = getattr(self._hyper, prefix).problem
            label = getattr(ui, f"{prefix}ProblemLabel")
            label.text = problem
            label.setVisible(bool(problem))
        applyButtons(ui, {**network.buttons(), **start.buttons()})

    def showRuns(self) -> None:
        """Show device and comparison, which follow the trainer."""
        from MedOptCoreLib.qt_tools import fillCombo

        ui, trainer = self.ui, self._trainer
        fillCombo(ui.deviceSelector, trainer.devices(), trainer.device)
        others = [("", "–"), *((row.name, row.name) for row in trainer.rows if row.name != trainer.selected)]
        fillCombo(ui.compareSelector, others, trainer.other or "")
        ui.compareSelector.enabled = trainer.selected is not None and len(others) > 1
        ui.compareLabel.text = trainer.comparison
        ui.compareLabel.setVisible(bool(trainer.comparison))


def _tip(network: Any) -> str:
    return str(dict(network.families()).get(network.name, ""))
