"""The steps of the recipe in the panel: listed, added, moved, changed field by field."""

from __future__ import annotations

from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptTrainLib.captions import presetOf, summary, title
from MedOptTrainLib.display_range import displayRange
from MedOptTrainLib.preview_case import PreviewCase
from MedOptTrainLib.recipe_form import RecipeForm
from MedOptTrainLib.recipe_part import RecipePart
from MedOptTrainLib.settings_form import Choice, Control, Path, automated, controls, edited

PRESET: Path = ("preset",)
"""The choice that stands for level and width of a window."""


class PreprocessSection(Presenter):
    """Edits ``preprocess.steps`` of the recipe. A change that is not valid is kept aside with its error until it is.

    Parameters
    ----------
    recipe : the recipe, which the table edits too
    case : the case of previews; it gives sliders their ends and new steps their first values
    """

    def __init__(self, recipe: RecipeForm, case: PreviewCase) -> None:
        super().__init__()
        self._recipe, self._case = recipe, case
        self.part = RecipePart(recipe, "preprocess", "steps", _settings)
        self.selected: int | None = None
        self._draft: dict[str, Any] | None = None
        self._refused = ""
        recipe.changed.connect(self._onRecipe)

    def setProject(self) -> None:
        """Another project: no step is selected."""
        self.selected = None
        self._drop()

    # ---- what is there -------------------------------------------------------------------------------------

    @property
    def settings(self) -> Any:
        """The steps as settings, None without a valid recipe."""
        return self.part.settings

    def rows(self) -> list[list[str]]:
        """Number, name and summary of each step."""
        items = self.part.items()
        return [[str(n + 1), title(str(item.get("step"))), summary(item)] for n, item in enumerate(items)]

    def kinds(self) -> list[tuple[str, str]]:
        """(name in the recipe, name for people) of every step that there is."""
        return [(name, title(name)) for name in _models()] if self._recipe.hasProject else []

    @property
    def problem(self) -> str:
        """What is wrong: with a change that was not taken, or with the recipe."""
        if self._refused:
            return _("Not taken over: {problem}").format(problem=self._refused)
        return self.part.problem

    def controls(self) -> tuple[Control, ...]:
        """What to show for the selected step."""
        values = self._current()
        model = None if values is None else _models().get(str(values.get("step")))
        if values is None or model is None:
            return ()
        found = controls(model, values, self._spans())
        if values.get("step") != "window":
            return found
        from medopt.preprocess import PRESETS

        options = (("", _("own values")), *((name, title(name)) for name in PRESETS))
        tip = _("Level and width as radiology departments set them for CT.")
        return (Choice(PRESET, _("preset"), presetOf(values), options, tip), *found)

    # ---- what can be done ----------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start from the default steps."""
        self.part.takeWhole({})

    def select(self, place: int | None) -> None:
        """Show the fields of another step."""
        if place != self.selected:
            self.selected = place
            self._drop()
            self.changed.emit()

    def add(self, kind: str) -> None:
        """Add a step after the selected one, with first values that suit the case."""
        items = self.part.items()
        place = len(items) if self.selected is None else self.selected + 1
        self._take([*items[:place], self._first(kind), *items[place:]], place)

    def remove(self) -> None:
        """Take the selected step out."""
        items = self.part.items()
        if self.selected is not None and self.selected < len(items):
            left = [*items[: self.selected], *items[self.selected + 1 :]]
            self._take(left, min(self.selected, len(left) - 1) if left else None)

    def move(self, by: int) -> None:
        """Move the selected step up (-1) or down (+1)."""
        items = self.part.items()
        if self.selected is None or not 0 <= self.selected + by < len(items):
            return
        other = self.selected + by
        items[self.selected], items[other] = items[other], items[self.selected]
        self._take(items, other)

    def setField(self, path: Path, value: Any) -> None:
        """Change a field of the selected step."""
        values = self._current()
        if values is None:
            return
        if path == PRESET:
            if value:
                self._change({**values, "source": "values", **_preset(value)})
            return
        model = _models()[str(values["step"])]
        if (values["step"], path, value) == ("window", ("source",), "values") and values.get("level") is None:
            low, high = self._spans().get("level", (-160.0, 240.0))  # level and width are needed now: begin with all
            values.update(level=(low + high) / 2, width=max(high - low, 1e-3))
        self._change(edited(model, values, path, value))

    def setAutomatic(self, path: Path, automatic: bool) -> None:
        """Leave a field of the selected step out, or give it again."""
        values = self._current()
        if values is None:
            return
        model, name = _models()[str(values["step"])], str(path[0])
        span = self._spans().get(name)
        start = None if span is None else (sum(span) / 2 if name == "level" else span[1])
        self._change(automated(model, values, name, automatic, start))

    def _change(self, values: dict[str, Any]) -> None:
        values = {**values, "cohort": None} if "cohort" in values else values  # belongs to the fields as they were
        items = self.part.items()
        if self.selected is None or self.selected >= len(items):
            return
        items[self.selected] = values
        self._draft, self._refused = values, ""
        self._refused = self.part.take(items)
        if self._refused:
            self.changed.emit()
        else:  # the recipe has told it already
            self._draft = None

    def _take(self, items: list[dict[str, Any]], selected: int | None) -> None:
        self._drop()
        before, self.selected = self.selected, selected
        self._refused = self.part.take(items)
        if self._refused:
            self.selected = before
        self.changed.emit()

    def _first(self, kind: str) -> dict[str, Any]:
        """Values of a new step."""
        values: dict[str, Any] = {"step": kind}
        if kind == "window":
            values["source"] = "image"  # fits every modality
        model, grid = _models()[kind], self._case.geometry
        known = {} if grid is None else {"spacing": [round(s, 3) for s in grid.spacing], "shape": list(grid.shape)}
        for name, info in model.model_fields.items():
            if info.is_required() and name not in values:
                values[name] = known.get(name) or automated(model, {}, name, False)[name]
        return values

    def _current(self) -> dict[str, Any] | None:
        items = self.part.items()
        if self.selected is None or self.selected >= len(items):
            return None
        return dict(self._draft or items[self.selected])

    def _spans(self) -> dict[str, tuple[float, float]]:
        """Ends of sliders from the values of the case, once it was read."""
        image = self._case.known
        if image is None:
            return {}
        from medopt.scene.preview_histogram import thinned

        few = [thinned(channel, 1 << 14) for channel in image.array]
        low, high = min(float(c.min()) for c in few), max(float(c.max()) for c in few)
        settings = self.settings
        scale = None if settings is None else displayRange(settings.steps[: self.selected or 0])
        if scale is not None:  # an earlier step has brought the image to another scale
            low, high = scale[0] - (scale[1] - scale[0]) / 2, scale[1] + (scale[1] - scale[0]) / 2
        width = (0.0, max(high - low, 1e-3))
        return {"level": (low, high), "width": width, "threshold": (low, high), "fill": (low, high)}

    def _drop(self) -> None:
        self._draft, self._refused = None, ""

    def _onRecipe(self) -> None:
        count = len(self.part.items())
        if self.selected is not None and self.selected >= count:
            self.selected = count - 1 if count else None
            self._drop()
        elif self._draft is not None and self._draft.get("step") != self.part.items()[self.selected or 0].get("step"):
            self._drop()  # the table has put another step here
        self.changed.emit()

    # ---- how the buttons look --------------------------------------------------------------------------------

    def buttons(self) -> dict[str, ButtonState]:
        """States of the section's buttons."""
        noProject = "" if self._recipe.hasProject else _("Open or create a project first.")
        begin = _("Start from the default steps, or propose a recipe, first.")
        noPart = noProject or ("" if self.part.present else begin)
        count = len(self.part.items())
        noStep = noPart or ("" if self.selected is not None else _("Select a step first."))
        first = noStep or ("" if self.selected != 0 else _("The step is the first one."))
        last = noStep or ("" if self.selected != count - 1 else _("The step is the last one."))
        there = _("The recipe has its steps.") if self.part.present else ""
        return {
            "defaultStepsButton": ButtonState(noProject or there, _("Begin with the default steps: clip and z-score.")),
            "addStepButton": ButtonState(noPart, _("Add the chosen step after the selected one.")),
            "removeStepButton": ButtonState(noStep, _("Take the selected step out.")),
            "stepUpButton": ButtonState(first, _("Let the step run earlier.")),
            "stepDownButton": ButtonState(last, _("Let the step run later.")),
        }


def _settings() -> Any:
    from medopt.preprocess import PreprocessSettings

    return PreprocessSettings


def _models() -> dict[str, Any]:
    """Step classes by their names in a recipe, as the registry lists them."""
    from typing import get_args

    from medopt.preprocess.registry import AnyStep
    from MedOptTrainLib.settings_form import kindOf

    return {kindOf(model): model for model in get_args(get_args(AnyStep)[0])}


def _preset(name: str) -> dict[str, float]:
    from medopt.preprocess import PRESETS

    level, width = PRESETS[name]
    return {"level": level, "width": width}
