"""One list of the recipe, its preprocessing steps or its techniques, checked by the classes that training uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from medopt.errors import MedOptError
from MedOptTrainLib.recipe_form import RecipeForm

Items = list[dict[str, Any]]


class RecipePart:
    """Reads the list out of the recipe and writes it back once it is valid: the recipe stays the one truth.

    Parameters
    ----------
    recipe : the recipe
    name, key : its part and the list in that part, such as "preprocess" and "steps"
    model : gives the settings class of the part, which needs no torch, when it is first needed
    """

    def __init__(self, recipe: RecipeForm, name: str, key: str, model: Callable[[], Any]) -> None:
        self._recipe, self.name, self.key, self.model = recipe, name, key, model
        self._read: tuple[Any, Any, str] = (..., None, "")

    @property
    def present(self) -> bool:
        """Whether the recipe has the part."""
        return self._recipe.values is not None and self.name in self._recipe.values

    @property
    def settings(self) -> Any:
        """The part as settings, None when there is none or it is not valid."""
        return self._parsed()[1]

    @property
    def problem(self) -> str:
        """Why the part of the recipe is not valid; empty when it is, and without one."""
        return self._parsed()[2]

    def items(self) -> Items:
        """The list as plain data, every field written out; as it stands in the recipe where that is not valid."""
        value, settings, _problem = self._parsed()
        if settings is not None:
            return list(settings.model_dump(mode="json")[self.key])
        listed = value.get(self.key) if isinstance(value, dict) else None
        return [dict(item) for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []

    def take(self, items: Sequence[dict[str, Any]]) -> str:
        """Write the list into the recipe; returns what is wrong with it, the recipe then stays as it was."""
        rest = {} if self.settings is None else self.settings.model_dump(mode="json")
        return self.takeWhole({**rest, self.key: list(items)})

    def takeWhole(self, value: Any) -> str:
        """Write the whole part into the recipe; returns as `take` does."""
        settings, problem = self._parse(value)
        if settings is not None:
            self._recipe.setPart(self.name, settings.model_dump(mode="json"))
        return problem

    def _parsed(self) -> tuple[Any, Any, str]:
        value = (self._recipe.values or {}).get(self.name)
        if self._read[0] is ... or self._read[0] != value:
            self._read = (value, *((None, "") if not self.present else self._parse(value)))
        return self._read

    def _parse(self, value: Any) -> tuple[Any, str]:
        content = {"preset": value} if isinstance(value, str) else value
        try:
            return self.model().parse(content, self.name), ""
        except MedOptError as error:
            return None, error.problem
