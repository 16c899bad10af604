"""``medopt crossval --plan``: what a number of folds means, told before anything is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medopt.cli.output import duration
from medopt.cli.recipes import Wishes, make_recipe

if TYPE_CHECKING:
    from medopt.events import Reporter
    from medopt.project import Project


def tell_plan(
    project: Project,
    wishes: Wishes,
    k: int,
    repeats: int,
    everything: bool,
    jobs: str,
    output: Reporter,
    *,
    trainings: float = 1.0,
) -> None:
    """A row a number of folds, and what the expected intervals rest on.

    ``trainings`` is how many full trainings a fold takes; above 1 where it searches first.
    """
    from medopt.project.folds import count_subjects
    from medopt.training.folds import plan_folds
    from medopt.training.folds.plan import ASSUMED_SPREAD, USUAL_K
    from medopt.validation.spread import measured_spread

    subjects = count_subjects(project, everything=everything)
    minutes = wishes.minutes if wishes.minutes is not None else make_recipe(project, wishes).training.minutes
    minutes = None if minutes is None else minutes * trainings
    known = measured_spread(project)
    spread, source = known if known is not None else (ASSUMED_SPREAD, "")
    at_once = int(jobs) if jobs.isdigit() else k * repeats
    rows = []
    for plan in plan_folds(
        subjects, (*USUAL_K, k), repeats=repeats, spread=spread, minutes=minutes, jobs=max(1, at_once)
    ):
        rows.append(
            {
                "k": plan.k,
                "models": plan.models,
                "training subjects": round(plan.training_subjects, 1),
                "share": f"{plan.training_share:.0%}",
                "held out a fold": round(plan.held_out_subjects, 1),
                "expected interval": _half(plan.half_width),
                "of one fold": _half(plan.fold_half_width),
                "training": "" if plan.minutes is None else duration(plan.minutes * 60),
            }
        )
    output.emit("result", title=f"Cross-validation of {subjects} subjects", rows=rows)
    how = f"as {source} showed" if source else "assumed, as nothing was measured yet"
    text = (
        f"Intervals for a standard deviation of {spread:.3f} between subjects ({how}), for 95 %. The pooled mean rests "
    )
    text += "on every subject whatever k is; a higher k trains on more subjects, which comes closer to the final model"
    output.emit("message", level="info", text=text)
    if trainings > 1:
        text = f"Nested: the search of each fold is {trainings - 1:.1f} full trainings when no trial is ended early"
        output.emit("message", level="info", text=text)


def _half(width: float | None) -> str:
    return "–" if width is None else f"± {width:.3f}"
