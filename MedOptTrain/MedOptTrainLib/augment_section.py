"""The techniques of the recipe in the panel: a preset, each on or off, its chance and its range."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptTrainLib.captions import summary, title
from MedOptTrainLib.preview_case import PreviewCase
from MedOptTrainLib.recipe_form import RecipeForm
from MedOptTrainLib.recipe_part import RecipePart
from MedOptTrainLib.settings_form import Control, Path, automated, controls, edited

START = "standard"
"""The preset that a recipe begins with."""


class AugmentSection(Presenter):
    """Edits ``augment.techniques`` of the recipe. A change that is not valid is kept aside with its error until it is.

    Parameters
    ----------
    recipe : the recipe, which the table edits too
    case : the case of previews, whose finest spacing scales the lengths of a preset where no step resamples
    """

    def __init__(self, recipe: RecipeForm, case: PreviewCase) -> None:
        super().__init__()
        self._recipe, self._case = recipe, case
        self.part = RecipePart(recipe, "augment", "techniques", _settings)
        self.selected: str | None = None
        self._draft: dict[str, Any] | None = None
        self._refused = ""
        self._parked: dict[str, dict[str, Any]] = {}
        recipe.changed.connect(self._onRecipe)

    def setProject(self) -> None:
        """Another project: no technique is selected, and what was switched off is forgotten."""
        self._parked, self.selected = {}, None
        self._drop()

    # ---- what is there -------------------------------------------------------------------------------------

    @property
    def settings(self) -> Any:
        """The techniques as settings, None without a valid recipe."""
        return self.part.settings

    def rows(self) -> list[list[str]]:
        """On or off, name, chance and range of every technique that there is, in the order in which they act."""
        if not self.part.present:
            return []
        used = self._used()
        return [
            ["✓", title(name), f"{used[name].get('probability', 0):.2g}", summary(used[name])]
            if name in used
            else ["", title(name), "", ""]
            for name in self.names()
        ]

    def names(self) -> list[str]:
        """Names of all techniques in a recipe, in the order in which they act."""
        return list(_models()) if self._recipe.hasProject else []

    def presets(self) -> list[tuple[str, str]]:
        """(name in the recipe, name for people) of every preset that there is."""
        return [(name, title(name)) for name in _presetNames()] if self._recipe.hasProject else []

    @property
    def preset(self) -> str:
        """The preset that the techniques are; empty for a list of one's own."""
        settings = self.settings
        if settings is None:
            return ""
        for name in _presetNames():
            if any(settings.techniques == _preset(name, voxel).techniques for voxel in (self._voxel(), 1.0)):
                return name
        return ""

    @property
    def problem(self) -> str:
        """What is wrong: with a change that was not taken, or with the recipe."""
        if self._refused:
            return _("Not taken over: {problem}").format(problem=self._refused)
        return self.part.problem

    @property
    def on(self) -> bool:
        """Whether the selected technique is used."""
        return self.selected in self._used()

    def controls(self) -> tuple[Control, ...]:
        """What to show for the selected technique; nothing while it is off."""
        values = self._current()
        return () if values is None else controls(_models()[str(self.selected)], values)

    # ---- what can be done ----------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start from the standard preset."""
        self.setPreset(START)

    def setPreset(self, name: str) -> None:
        """Take the techniques of a preset in place of those that are there."""
        self._drop()
        if name:
            border = {} if self.settings is None else {"border": self.settings.border}
            techniques = _preset(name, self._voxel()).model_dump(mode="json")["techniques"]
            self._refused = self.part.takeWhole({"techniques": techniques, **border})
        self.changed.emit()

    def select(self, name: str | None) -> None:
        """Show the fields of another technique."""
        if name != self.selected:
            self.selected = name
            self._drop()
            self.changed.emit()

    def switch(self, on: bool) -> None:
        """Use the selected technique, or leave it out; what it was set to comes back with it."""
        name, used = self.selected, self._used()
        if name is None or not self.part.present or on == (name in used):
            self.changed.emit()
            return
        self._drop()
        if on:
            used[name] = self._parked.get(name) or _models()[name]().model_dump(mode="json")
        else:
            self._parked[name] = used.pop(name)
        self._refused = self.part.take(self._ordered(used))
        self.changed.emit()

    def setField(self, path: Path, value: Any) -> None:
        """Change a field of the selected technique."""
        values = self._current()
        if values is not None:
            self._change(edited(_models()[str(self.selected)], values, path, value))

    def setAutomatic(self, path: Path, automatic: bool) -> None:
        """Leave a field of the selected technique out, or give it again."""
        values = self._current()
        if values is not None:
            self._change(automated(_models()[str(self.selected)], values, str(path[0]), automatic))

    def _change(self, values: dict[str, Any]) -> None:
        self._draft, self._refused = values, ""
        self._refused = self.part.take(self._ordered({**self._used(), str(self.selected): values}))
        if self._refused:
            self.changed.emit()
        else:  # the recipe has told it already
            self._draft = None

    def _used(self) -> dict[str, dict[str, Any]]:
        return {str(item.get("technique")): item for item in self.part.items()}

    def _ordered(self, used: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
        """The techniques in the order of the recipe, new ones where they act."""
        present = [str(item.get("technique")) for item in self.part.items()]
        order = present if set(used) <= set(present) else self.names()
        return [used[name] for name in order if name in used]

    def _current(self) -> dict[str, Any] | None:
        used = self._used()
        if self.selected not in used or self.selected not in _models():
            return None
        return dict(self._draft or used[str(self.selected)])

    def _voxel(self) -> float:
        """The finest spacing of the prepared images in mm, as far as it is known without preparing one."""
        steps = ((self._recipe.values or {}).get("preprocess") or {}).get("steps")
        for step in reversed(steps if isinstance(steps, list) else []):
            if isinstance(step, dict) and step.get("step") == "resample":
                try:
                    return min(float(s) for s in step["spacing"])
                except (KeyError, TypeError, ValueError):
                    return 1.0
        grid = self._case.geometry
        return 1.0 if grid is None else min(grid.spacing)

    def _drop(self) -> None:
        self._draft, self._refused = None, ""

    def _onRecipe(self) -> None:
        if self._draft is not None and self.selected not in self._used():
            self._drop()
        self.changed.emit()

    # ---- how the buttons look --------------------------------------------------------------------------------

    def buttons(self) -> dict[str, ButtonState]:
        """States of the section's buttons."""
        noProject = "" if self._recipe.hasProject else _("Open or create a project first.")
        there = _("The recipe has its techniques.") if self.part.present else ""
        begin = ButtonState(noProject or there, _("Begin with the standard preset."))
        return {"standardPresetButton": begin}


def _settings() -> Any:
    from medopt.augment import AugmentSettings

    return AugmentSettings


def _models() -> dict[str, Any]:
    """Technique classes by their names in a recipe, as the registry lists them."""
    from medopt.augment import TECHNIQUES
    from MedOptTrainLib.settings_form import kindOf

    return {kindOf(model): model for model in TECHNIQUES}


@lru_cache(maxsize=64)
def _preset(name: str, voxel: float) -> Any:
    from medopt.augment import AugmentSettings

    return AugmentSettings.preset(name, voxel=voxel)  # type: ignore[arg-type]


def _presetNames() -> list[str]:
    """The presets that the registry names and that can be made."""
    from typing import get_args

    from medopt.augment.registry import PresetName

    found = []
    for name in get_args(PresetName):
        try:
            _preset(name, 1.0)
        except ValueError:
            continue
        found.append(name)
    return found
