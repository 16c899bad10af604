"""A part of the recipe that is one flat settings class, such as its loss, as controls; wrong values are not taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import Presenter
from MedOptTrainLib.recipe_form import RecipeForm
from MedOptTrainLib.settings_form import Choice, Control, Path, Values, automated, controls, edited

Options = Sequence[tuple[Any, str]]
"""Values of a choice, and their texts."""


class OptionGroup(Presenter):
    """Parameters
    ----------
    recipe : the recipe
    name : of the part; who shows it listens to the recipe, and to ``changed`` for what was refused
    model : gives the settings class, which needs no torch, when it is first needed
    relevant : which fields to show for the part's values; all without it
    choices : gives the options of fields that may be several kinds of value, such as auto, yes and no
    labels : of those fields, where their names are no good ones
    without : whether the part may be missing, and then is shown by its usual values
    """

    def __init__(
        self,
        recipe: RecipeForm,
        name: str,
        model: Callable[[], Any],
        relevant: Callable[[Values], Sequence[str]] | None = None,
        choices: Mapping[str, Callable[[], Options]] | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        without: bool = True,
    ) -> None:
        super().__init__()
        self._recipe, self.name, self._model, self._without = recipe, name, model, without
        self._relevant, self._choices, self._labels = relevant, dict(choices or {}), dict(labels or {})
        self._refused = ""
        recipe.changed.connect(self._onRecipe)

    @property
    def values(self) -> Values | None:
        """Plain data of the part; None while there is no recipe, or no such part and none may be begun."""
        if self._recipe.values is None:
            return None
        found = self._recipe.values.get(self.name)
        if isinstance(found, dict):
            return found
        return {} if self._without else None

    @property
    def problem(self) -> str:
        """What is wrong with a change that was not taken, or with the recipe."""
        if self._refused:
            return _("Not taken over: {problem}").format(problem=self._refused)
        values = self.values
        return "" if not values else self._parse(values)[1]

    def controls(self) -> tuple[Control, ...]:
        """What to show; nothing while there is no recipe."""
        values = self.values
        if values is None:
            return ()
        model = self._model()
        wanted = None if self._relevant is None else self._relevant(values)
        found = [one for one in controls(model, values) if one.path[0] not in self._choices]
        for name, give in self._choices.items():
            options = give()
            info = model.model_fields[name]
            given = values.get(name, info.default)
            texts = tuple((str(number), text) for number, (_value, text) in enumerate(options))
            at = next((str(n) for n, (value, _text) in enumerate(options) if _equal(value, given)), "")
            label = self._labels.get(name, name.replace("_", " "))
            found.append(Choice((name,), label, at, texts, info.description or ""))
        if wanted is None:
            return tuple(found)
        return tuple(one for name in wanted for one in found if one.path[0] == name)

    def setField(self, path: Path, value: Any) -> None:
        """Change a field."""
        values = self.values
        if values is None:
            return
        if path[0] in self._choices:
            value = self._choices[str(path[0])]()[int(value)][0]
        self._change(edited(self._model(), values, path, value))

    def setAutomatic(self, path: Path, automatic: bool) -> None:
        """Leave a field out, or give it again."""
        values = self.values
        if values is not None:
            self._change(automated(self._model(), values, str(path[0]), automatic))

    def _change(self, values: Values) -> None:
        settings, self._refused = self._parse(values)
        if settings is None:
            self.changed.emit()
        else:  # the recipe tells it
            self._recipe.setPart(self.name, settings.model_dump(mode="json"))

    def _parse(self, values: Values) -> tuple[Any, str]:
        try:
            return self._model().parse(values, self.name), ""
        except MedOptError as error:
            return None, error.problem

    def _onRecipe(self) -> None:
        self._refused = ""


def _equal(one: Any, other: Any) -> bool:
    """Equal and of one kind: True is not 1."""
    if hasattr(other, "model_dump"):
        other = other.model_dump(mode="json")
    return type(one) is type(other) and one == other
