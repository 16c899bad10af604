"""What a round trains: the last model further, and now and then a fresh one beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medopt.errors import MedOptError
from medopt.files import inside
from medopt.labelling.division import divide_labelled
from medopt.labelling.rounds import Candidate, RoundRecord
from medopt.project import Project, Split

if TYPE_CHECKING:
    from medopt.training import Recipe

CONTINUED_SHARE = 0.6
"""Of the time, for the last model, when a fresh one is trained beside it."""
GROWN = 2.0
"""A fresh model is tried when there are so many times the training cases of the last one that began from scratch."""


@dataclass(frozen=True)
class RoundPlan:
    """A round before it is trained.

    Parameters
    ----------
    split : its training and internal validation part; the test part is never read
    candidates : what is trained, in this order
    recipes : of each
    reason : why these, one sentence
    """

    split: Split
    candidates: tuple[Candidate, ...]
    recipes: tuple[Recipe, ...]
    reason: str


def plan_round(project: Project, rounds: Sequence[RoundRecord], *, minutes: float, seed: int = 1) -> RoundPlan:
    """The next round of ``project`` after ``rounds``, for ``minutes`` of training in all.

    The first round begins from scratch, by a recipe of the adviser. Later ones go on from the last round's model, with
    its recipe, so that the time of all rounds adds up. A model that went on from few cases may stay behind one that saw
    all from the start (Ash & Adams, "On Warm-Starting Neural Network Training", NeurIPS 2020); so whenever the training
    cases are at least `GROWN` times those of the last fresh model, a fresh one is trained beside it, by a new recipe,
    in 1 - `CONTINUED_SHARE` of the time. That happens rarely, as cases must double, and it is tried where most can have
    changed. Raises MedOptError as `divide_labelled` does.
    """
    number = 1 + max((one.number for one in rounds), default=0)
    name = f"round-{number:03d}"
    last = next((one for one in reversed(rounds) if one.state == "done" and one.model is not None), None)
    before = None if last is None else _division(project, str(last.model))
    split = divide_labelled(project, before, seed=seed)
    obstacle = "it is the first" if last is None else _obstacle(project, str(last.model), before, split)
    if last is None or obstacle is not None:
        recipe = _fresh_recipe(project, split, minutes, seed)
        reason = f"The model begins from scratch: {obstacle}."
        return RoundPlan(split, (Candidate(name, "scratch", None, minutes),), (recipe,), reason)
    source, cases = str(last.model), len(split.train)
    fresh = max((r for r in rounds if r.state == "done" and _had_fresh(r)), key=lambda r: r.number, default=last)
    grown = cases / max(1, fresh.training_cases)
    text = f"{cases} training cases are {grown:.1f} times those of round {fresh.number}, the last with a fresh model"
    if grown < GROWN:
        recipe = _continued_recipe(project, source, minutes, seed + number)
        reason = f"{source} is trained on: {text}; below {GROWN:g} times a fresh one could hardly be better."
        return RoundPlan(split, (Candidate(name, "continued", source, minutes),), (recipe,), reason)
    shares = CONTINUED_SHARE * minutes, (1 - CONTINUED_SHARE) * minutes
    candidates = (
        Candidate(name, "continued", source, shares[0]),
        Candidate(f"{name}-scratch", "scratch", None, shares[1]),
    )
    recipes = (
        _continued_recipe(project, source, shares[0], seed + number),
        _fresh_recipe(project, split, shares[1], seed),
    )
    return RoundPlan(split, candidates, recipes, f"{source} is trained on, and a fresh model beside it: {text}.")


def _had_fresh(record: RoundRecord) -> bool:
    return any(one.start == "scratch" for one in record.candidates)


def _division(project: Project, run: str) -> Split | None:
    """What a round's run was trained on; None when it is not there any more."""
    from medopt.training.run import division_of

    try:
        return division_of(inside(project.runs_folder, run))
    except MedOptError:
        return None


def _obstacle(project: Project, run: str, before: Split | None, split: Split) -> str | None:
    """Why the last model cannot be trained on; None when it can."""
    from medopt.training.run import RunRecord

    folder = inside(project.runs_folder, run)
    if before is None or not (folder / "checkpoints" / "best.safetensors").is_file():
        return f"the run {run} is not there any more"
    if set(before.subjects["train"]) & {*split.subjects["validation"], *split.subjects["test"]}:
        return f"{run} learned from subjects that are in the test or validation part now"
    if set(before.subjects["validation"]) & set(split.subjects["test"]):
        return f"{run} was chosen by subjects that are in the test part now"
    record = RunRecord.load(folder)
    if tuple(record.channels) != tuple(project.settings.channels):
        return f"{run} knows other channels"
    if [info.value for info in record.class_infos()] != [info.value for info in project.settings.classes]:
        return f"{run} knows other classes"
    return None


def _fresh_recipe(project: Project, split: Split, minutes: float, seed: int) -> Recipe:
    from medopt.training import propose_recipe

    return propose_recipe(project, minutes=minutes, seed=seed, split=split)


def _continued_recipe(project: Project, run: str, minutes: float, seed: int) -> Recipe:
    """The recipe of the last model for more time, from its weights; another seed, so that it sees other patches."""
    from medopt.training import Recipe
    from medopt.training.transfer import TransferSettings

    base = Recipe.load(inside(project.runs_folder, run) / "recipe.yaml")
    training = base.training.model_copy(update={"minutes": minutes, "steps": None})
    return base.model_copy(update={"seed": seed, "training": training, "transfer": TransferSettings(source=run)})
