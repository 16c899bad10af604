"""A sound recipe from the project's data: what the adviser says, without its reasons."""

from __future__ import annotations

from medopt.project import Project, Split
from medopt.training.advice.adviser import advise
from medopt.training.recipe import Recipe


def propose_recipe(
    project: Project,
    *,
    minutes: float | None = None,
    steps: int | None = None,
    seed: int = 1,
    split: Split | None = None,
) -> Recipe:
    """A recipe for ``project`` that trains for ``minutes`` (10 when neither it nor ``steps`` is given).

    ``split`` stands in for the project's own. See ``medopt.training.advice.advise``.

    Raises MedOptError when there is no labelled case.
    """
    return advise(project, minutes=minutes, steps=steps, seed=seed, split=split).recipe
