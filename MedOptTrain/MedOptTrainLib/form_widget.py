"""A pool of rows in the .ui file that shows whatever controls a section has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from MedOptTrainLib.settings_form import Check, Choice, Control, Path, Slider


class FormRows:
    """Rows called PREFIXChoice0, PREFIXSlider0, PREFIXCheck0 …; those that are not needed are hidden.

    Parameters
    ----------
    ui : the named widgets
    prefix : of their names
    onField : gets the path of a control and the value that the user gave it
    onNone : gets the path and whether the user left the field out
    """

    def __init__(
        self, ui: Any, prefix: str, onField: Callable[[Path, Any], None], onNone: Callable[[Path, bool], None]
    ) -> None:
        self._ui, self._prefix = ui, prefix
        self._onField, self._onNone = onField, onNone
        self._shown: dict[str, Control] = {}
        for name in self._pool("Choice"):
            getattr(ui, name).connect("activated(int)", self._choice(name))
        for name in self._pool("Slider"):
            getattr(ui, name).connect("valueChanged(double)", self._slider(name))
            getattr(ui, f"{name}None").connect("toggled(bool)", self._none(name))
        for name in self._pool("Check"):
            getattr(ui, name).connect("toggled(bool)", self._check(name))
        self.show(())

    def show(self, controls: Sequence[Control]) -> None:
        """Show these controls; of a kind with fewer rows than controls the last ones stay in the recipe's table."""
        self._shown = {}
        for kind, fill in ((Choice, self._fillChoice), (Slider, self._fillSlider), (Check, self._fillCheck)):
            wanted = [control for control in controls if isinstance(control, kind)]
            for place, name in enumerate(self._pool(kind.__name__)):
                control = wanted[place] if place < len(wanted) else None
                if control is not None:
                    self._shown[name] = control
                    fill(name, control)
                self._setVisible(name, control)

    def _pool(self, kind: str) -> list[str]:
        names = []
        while hasattr(self._ui, f"{self._prefix}{kind}{len(names)}"):
            names.append(f"{self._prefix}{kind}{len(names)}")
        return names

    def _setVisible(self, name: str, control: Control | None) -> None:
        getattr(self._ui, name).setVisible(control is not None)
        for part in ("Caption", "Row"):  # an empty row of a form would leave a gap
            if hasattr(self._ui, f"{name}{part}"):
                getattr(self._ui, f"{name}{part}").setVisible(control is not None)
        if hasattr(self._ui, f"{name}None"):
            optional = isinstance(control, Slider) and control.automatic is not None and control.path[1:] in ((), (0,))
            getattr(self._ui, f"{name}None").setVisible(optional)

    def _fillChoice(self, name: str, control: Any) -> None:
        from MedOptCoreLib.qt_tools import fillCombo

        combo = getattr(self._ui, name)
        fillCombo(combo, control.options, control.value)
        combo.toolTip = control.tip
        getattr(self._ui, f"{name}Caption").text = f"{control.label}:"

    def _fillSlider(self, name: str, control: Any) -> None:
        slider, without = getattr(self._ui, name), getattr(self._ui, f"{name}None")
        wanted = {
            "decimals": control.decimals,
            "minimum": float(control.minimum),
            "maximum": float(control.maximum),
            "singleStep": float(control.step),
            "pageStep": float(control.step * 10),
            "suffix": control.unit,
            "value": float(control.value),
        }
        _set(slider, {"enabled": control.automatic is not True, "toolTip": control.tip, **wanted})
        _set(without, {"checked": control.automatic is True})
        getattr(self._ui, f"{name}Caption").text = f"{control.label}:"

    def _fillCheck(self, name: str, control: Any) -> None:
        check = getattr(self._ui, name)
        check.text, check.toolTip = control.label, control.tip
        _set(check, {"checked": control.value})

    def _choice(self, name: str) -> Callable[[int], None]:
        def chosen(_index: int) -> None:
            if name in self._shown:
                self._onField(self._shown[name].path, getattr(self._ui, name).currentData)

        return chosen

    def _slider(self, name: str) -> Callable[[float], None]:
        def moved(value: float) -> None:
            control = self._shown.get(name)
            if isinstance(control, Slider):
                self._onField(control.path, round(value) if control.whole else round(value, 9))

        return moved

    def _none(self, name: str) -> Callable[[bool], None]:
        def toggled(checked: bool) -> None:
            if name in self._shown:
                self._onNone(self._shown[name].path, checked)

        return toggled

    def _check(self, name: str) -> Callable[[bool], None]:
        def toggled(checked: bool) -> None:
            if name in self._shown:
                self._onField(self._shown[name].path, checked)

        return toggled


def _set(widget: Any, values: dict[str, Any]) -> None:
    """Set properties that differ, without a signal: a slider that is being dragged is left in peace."""
    blocked = widget.blockSignals(True)
    for name, value in values.items():
        if getattr(widget, name) != value:
            setattr(widget, name, value)
    widget.blockSignals(blocked)
