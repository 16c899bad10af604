"""Which recipe, and which run: from what the user typed and what the project holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from medopt.cli.runs import list_runs, runs_in_training
from medopt.errors import MedOptError

if TYPE_CHECKING:
    from medopt.project import Project
    from medopt.training import Recipe

FINISHED = "done"
STORED_RECIPE = "recipe.yaml"


@dataclass(frozen=True)
class Wishes:
    """What the user typed: a recipe's file, minutes, a seed, ``field=value`` changes, and what to begin from."""

    recipe: Path | None = None
    minutes: float | None = None
    seed: int | None = None
    settings: tuple[str, ...] = ()
    source: str | None = None


def choose_run(project: Project, wishes: Wishes, name: str | None) -> tuple[str, Recipe]:
    """The run to start or resume, and its recipe.

    A named run keeps its stored recipe unless the user names another, which training then refuses. Without a name it
    is the newest run that is not finished, not in training now, and of the wished recipe; else the next free number.
    Raises MedOptError when the named run is in training now.
    """
    busy = runs_in_training(project.folder)
    if name is not None:
        if name in busy:
            raise MedOptError(
                "a worker is training this run",
                where=name,
                remedy="Follow it with `medopt jobs follow`, stop it with `medopt jobs stop`, or name another run",
            )
        return name, make_recipe(project, wishes, stored_in=project.runs_folder / name)
    for line in reversed(list_runs(project.folder)):
        if line.state == FINISHED or line.name in busy or not (line.folder / STORED_RECIPE).is_file():
            continue
        chosen = make_recipe(project, wishes, stored_in=line.folder)
        if same_recipe(chosen, _load(line.folder / STORED_RECIPE)):
            return line.name, chosen
    return _free_name(project.runs_folder), make_recipe(project, wishes)


def write_recipe(project: Project, wishes: Wishes, file: Path) -> None:
    """Write the recipe that a new run would have; a file that is there already is an error, since it may be edited."""
    if file.exists():
        raise MedOptError("the file is there already", where=file, remedy="Name another file, or delete this one first")
    make_recipe(project, wishes).save(file)


def make_recipe(project: Project, wishes: Wishes, *, stored_in: Path | None = None) -> Recipe:
    """The user's recipe, else the one that the run in ``stored_in`` has, else a proposal; with the user's changes."""
    from medopt.training import Recipe, propose_recipe

    if wishes.recipe is not None:
        base = _load(wishes.recipe)
    elif stored_in is not None and (stored_in / STORED_RECIPE).is_file():
        base = _load(stored_in / STORED_RECIPE)
    else:
        base = propose_recipe(project, minutes=wishes.minutes)
    values = base.model_dump(mode="json")
    if wishes.seed is not None:
        values["seed"] = wishes.seed
    if wishes.minutes is not None:
        values["training"].update(minutes=wishes.minutes, steps=None)
    if wishes.source is not None:
        values["transfer"] = {**(values["transfer"] or {}), "source": wishes.source}
    for text in wishes.settings:
        change_field(values, text)
    return Recipe.parse(values, wishes.recipe or "the recipe")


def minutes_of(time: str) -> float:
    """Minutes of a time such as 90s, 15m, 2h or 1.5 (minutes); raises MedOptError for anything else."""
    match = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*(s|m|min|h)?\s*", time)
    minutes = float(match[1]) * {"s": 1 / 60, "h": 60.0}.get(match[2], 1.0) if match else 0.0
    if minutes <= 0:
        raise MedOptError("the time cannot be read", where="--time", expected="such as 90s, 15m or 2h", found=time)
    return minutes


def same_recipe(wished: Recipe, stored: Recipe) -> bool:
    """Whether both say the same; what a training finds out by itself agrees when it was left open."""
    return wished.resolved_by(stored) == stored


def change_field(values: dict[str, Any], text: str) -> None:
    """Set ``field=value`` in plain data; parts of the field are separated by dots, items of lists counted from 0.

    The value is YAML: ``4``, ``true``, ``[32, 32, 32]``. ``training.steps`` and ``training.minutes`` exclude
    each other: setting one clears the other. Raises MedOptError when the text or the field cannot be followed.
    """
    field, equals, value = text.partition("=")
    parts = field.strip().split(".")
    if not equals or not all(parts):
        raise MedOptError(
            "a change of the recipe cannot be read", where="--set", expected="FIELD=VALUE", found=repr(text)
        )
    place: Any = values
    if parts[0] == "transfer" and len(parts) > 1 and values.get("transfer") is None:
        raise MedOptError("nothing is transferred", where=f"--set {field}", remedy="Name a source with --from, too")
    for part in parts[:-1]:
        place = _step(place, part, field)
    try:
        content = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise MedOptError(
            "the value cannot be read", where=f"--set {field}", expected="YAML, such as 4 or [32, 32, 32]", found=value
        ) from error
    last = parts[-1]
    if isinstance(place, list):
        _step(place, last, field)
        place[int(last)] = content
    else:
        place[last] = content  # an unknown name is refused by the recipe, with the nearest match
    if parts[0] == "training" and last in ("steps", "minutes") and content is not None:
        values["training"]["minutes" if last == "steps" else "steps"] = None


def _step(place: Any, part: str, field: str) -> Any:
    if isinstance(place, list) and part.isdigit() and int(part) < len(place):
        return place[int(part)]
    if isinstance(place, dict) and isinstance(place.get(part), (dict, list)):
        return place[part]
    known = ", ".join(map(str, place)) if isinstance(place, dict) else f"0 to {len(place) - 1}"
    raise MedOptError("the recipe has no such field", where=f"--set {field}", expected=f"one of: {known}", found=part)


def _load(path: Path) -> Recipe:
    from medopt.training import Recipe

    return Recipe.load(path)


def _free_name(runs_folder: Path) -> str:
    taken = [int(path.name[4:]) for path in runs_folder.glob("run-*") if path.name[4:].isdigit()]
    return f"run-{1 + max(taken, default=0):03d}"
