"""What a search found, as plain numbers, a table and a recipe."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.files import write_json
from medopt.project import Project
from medopt.training.recipe import Recipe, TrainingSettings
from medopt.training.search.importance import Importance, importances
from medopt.training.search.narrowing import Narrowing, ranked
from medopt.training.search.rounds import Round
from medopt.training.search.search import Search
from medopt.training.search.settings import Dimension
from medopt.training.search.space import apply_values
from medopt.training.search.trial import Trial

BEST_RECIPE = "best-recipe.yaml"
RESULT = "search.json"


@dataclass(frozen=True)
class SearchOutcome:
    """The state of a search, finished or not.

    Parameters
    ----------
    dimensions : as they were at the beginning
    rounds : with their sizes and times
    trials : in the order of their numbers
    narrowings : of rounds that have ended, in their order
    best : the best trial of the last round that has a finished one; None before the first
    importance : the most important dimension first; empty for few trials
    """

    dimensions: tuple[Dimension, ...]
    rounds: tuple[Round, ...]
    trials: tuple[Trial, ...]
    narrowings: tuple[Narrowing, ...]
    best: Trial | None
    importance: tuple[Importance, ...]

    def rows(self) -> list[dict[str, Any]]:
        """A table: the last round first, in each the best first."""
        found = []
        for one in reversed(self.rounds):
            for trial in ranked([t for t in self.trials if t.round == one.number]):
                row: dict[str, Any] = {"trial": trial.name, "round": trial.round + 1, "state": trial.state}
                row["score"] = None if trial.score is None else round(trial.score, 4)
                row |= {field.rpartition(".")[2]: value for field, value in trial.values.items()}
                found.append(row)
        return found

    def recipe(self, base: Recipe) -> Recipe:
        """``base`` with the best values and the full time; MedOptError before any trial has finished."""
        if self.best is None:
            raise MedOptError("no trial has finished yet", remedy="Repeat the command; the search goes on")
        return apply_values(base, self.best.values)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "format": 1,
            "dimensions": [one.model_dump(mode="json") for one in self.dimensions],
            "rounds": [asdict(one) for one in self.rounds],
            "trials": [asdict(one) for one in self.trials],
            "narrowings": [
                {
                    "round": one.round,
                    "field": one.before.field,
                    "before": one.before.model_dump(mode="json"),
                    "after": one.after.model_dump(mode="json"),
                    "best": one.best,
                }
                for one in self.narrowings
            ],
            "best": None if self.best is None else self.best.name,
            "importance": [asdict(one) for one in self.importance],
        }

    def save(self, folder: Path, base: Recipe) -> None:
        """Write ``search.json``, and ``best-recipe.yaml`` when there is a best trial."""
        write_json(folder / RESULT, self.to_json())
        if self.best is not None:
            self.recipe(base).save(folder / BEST_RECIPE)


def outcome_of(search: Search) -> SearchOutcome:
    """What the search has found so far.

    The best trial is sought in the latest round that has a finished one: its trials had the most time, and scores of
    rounds with different times cannot be compared.
    """
    trials = search.store.all()
    best = None
    ended = 0
    for one in search.rounds:
        mine = [trial for trial in trials if trial.round == one.number]
        finished = [trial for trial in ranked(mine) if trial.state == "done" and trial.score is not None]
        best = finished[0] if finished else best
        if len(mine) == one.size and all(trial.ended for trial in mine):
            ended = one.number + 1
    narrowings = search.ranges(min(ended, len(search.rounds) - 1))[1]
    dimensions = search.settings.dimensions
    return SearchOutcome(
        dimensions, search.rounds, tuple(trials), narrowings, best, importances(dimensions, trials, search.rounds)
    )


def searched_by(project: Project, recipe: Recipe) -> str | None:
    """The search of the project whose best recipe this is, however long it trains; None when there is none."""

    def timeless(one: Recipe) -> object:
        return one.model_copy(update={"training": _without_end(one)}).model_dump()

    for path in sorted(project.runs_folder.glob(f"*/{BEST_RECIPE}")):
        if timeless(Recipe.load(path)) == timeless(recipe):
            return path.parent.name
    return None


def _without_end(recipe: Recipe) -> TrainingSettings:
    return recipe.training.model_copy(update={"steps": 1, "minutes": None})
