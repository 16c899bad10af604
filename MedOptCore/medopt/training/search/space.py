"""Fields of a recipe as dimensions of a search: sensible ranges around a recipe, and a recipe with other values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medopt.errors import MedOptError
from medopt.training.recipe import Recipe
from medopt.training.search.settings import Dimension, SearchSettings, Value

BUDGET = ("training.steps", "training.minutes")
"""How long a trial is trained is the search's own business."""


def default_space(recipe: Recipe) -> tuple[Dimension, ...]:
    """What is worth searching first, around the values of ``recipe``.

    The learning rate matters most (Bengio 2012, Practical recommendations for gradient-based training): a factor of
    ten to either side. Weight decay over the three decades that are in use with the optimiser; half to double the
    batch; the decay of the averaged weights; and, where patches are drawn, how often they show a structure.
    """
    training = recipe.training
    rate, batch = training.learning_rate, training.batch_size
    decay = (1e-4, 1e-1) if training.optimiser != "sgd" else (1e-6, 1e-3)
    batches: tuple[Value, ...] = tuple(sorted({max(1, batch // 2), batch, 2 * batch}))
    found = [
        Dimension(field="training.learning_rate", kind="log", low=max(1e-6, rate / 10), high=min(1.0, rate * 10)),
        Dimension(field="training.weight_decay", kind="log", low=decay[0], high=decay[1]),
        Dimension(field="training.batch_size", kind="choice", choices=batches),
        Dimension(field="training.ema", kind="choice", choices=(0.0, 0.9, 0.99, 0.997)),
    ]
    if recipe.task != "classification":
        found.append(Dimension(field="training.foreground_share", kind="linear", low=0.2, high=0.9))
    return tuple(found)


def apply_values(recipe: Recipe, values: Mapping[str, Value], share: float = 1.0) -> Recipe:
    """``recipe`` with other values and ``share`` of its steps or minutes.

    Raises MedOptError when the recipe has no such field or the value does not fit it.
    """
    data = recipe.model_dump(mode="json")
    for field, value in values.items():
        _set(data, field, value)
    training = data["training"]
    if training.get("steps") is not None:
        training["steps"] = max(1, round(training["steps"] * share))
    if training.get("minutes") is not None:
        training["minutes"] = training["minutes"] * share
    return Recipe.parse(data, "the trial's recipe")


def check_space(recipe: Recipe, settings: SearchSettings) -> None:
    """Raise MedOptError when an end of a range makes no recipe, so that this is found before hours of training."""
    for dimension in settings.dimensions:
        if dimension.field in BUDGET:
            raise MedOptError(
                "the time of a trial cannot be searched", where=dimension.field, remedy="Give it with --minutes"
            )
        ends: tuple[Any, ...] = dimension.choices
        if dimension.kind != "choice":
            ends = (dimension.low, dimension.high)
        for value in ends:
            try:
                apply_values(recipe, {dimension.field: int(value) if dimension.kind == "whole" else value})
            except MedOptError as error:
                raise MedOptError(
                    "the recipe cannot take a value of the search",
                    where=dimension.field,
                    found=f"{value}: {error.problem}",
                    remedy="Correct the range",
                ) from error


def _set(data: Any, field: str, value: Value) -> None:
    *path, last = field.split(".")
    place = data
    for part in path:
        place = _step(place, part, field)
    if isinstance(place, list):
        _step(place, last, field)
        place[int(last)] = value
    elif isinstance(place, dict) and last in place:
        place[last] = value
    else:
        _unknown(place, last, field)


def _step(place: Any, part: str, field: str) -> Any:
    if isinstance(place, list) and part.isdigit() and int(part) < len(place):
        return place[int(part)]
    if isinstance(place, dict) and part in place:
        return place[part]
    return _unknown(place, part, field)


def _unknown(place: Any, part: str, field: str) -> Any:
    if isinstance(place, dict):
        known = ", ".join(map(str, place))
    else:
        known = f"0 to {len(place) - 1}" if isinstance(place, list) and place else "no further part"
    raise MedOptError("the recipe has no such field", where=field, expected=f"one of: {known}", found=part)
