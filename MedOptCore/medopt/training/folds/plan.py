"""What a choice of k means, told before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

from medopt.errors import MedOptError

USUAL_K = (3, 5, 10)
"""What the consequences are told of, beside the k that was asked for."""
ASSUMED_SPREAD = 0.1
"""Standard deviation between subjects of a score from 0 to 1, as long as nothing was measured in the project."""


@dataclass(frozen=True)
class FoldPlan:
    """The consequences of one choice.

    Parameters
    ----------
    k, repeats : the choice
    models : trainings in all
    training_subjects : that each model learns from, on average
    training_share : the same as a share of all subjects that take part
    held_out_subjects : of each fold, on average
    half_width : expected half width of the 95 % interval of the pooled mean, over subjects; None for one subject
    fold_half_width : the same for the mean of a single fold; None when a fold holds one subject
    minutes : of training in all, when ``jobs`` train at once; None when the recipe counts steps
    """

    k: int
    repeats: int
    models: int
    training_subjects: float
    training_share: float
    held_out_subjects: float
    half_width: float | None
    fold_half_width: float | None
    minutes: float | None


def plan_folds(
    subjects: int,
    ks: Sequence[int] = USUAL_K,
    *,
    repeats: int = 1,
    validation: float = 0.1,
    spread: float = ASSUMED_SPREAD,
    minutes: float | None = None,
    jobs: int = 1,
) -> tuple[FoldPlan, ...]:
    """The consequences of each k, in rising order; those that ``subjects`` do not allow are left out.

    Parameters
    ----------
    subjects : that take part
    validation : share of a fold's other subjects that chooses its checkpoint
    spread : standard deviation of the score between subjects
    minutes : of training a fold
    jobs : folds that are trained at once

    The pooled mean rests on every subject once, whatever k is; so its interval, t(n - 1) · spread / √n, is the same
    for each k. What k changes: how many subjects each model learns from (a low k makes the result too pessimistic),
    the time, and how sure a single fold's mean is. Raises MedOptError when no k is possible.
    """
    plans = []
    for k in sorted(set(ks)):
        if k < 2 or k > subjects or subjects - math.ceil(subjects / k) < 2:
            continue
        held_out = subjects / k
        others = subjects - held_out
        learning = others - min(max(1.0, others * validation), others - 1)
        models = k * repeats
        plans.append(
            FoldPlan(
                k=k,
                repeats=repeats,
                models=models,
                training_subjects=learning,
                training_share=learning / subjects,
                held_out_subjects=held_out,
                half_width=half_width(subjects, spread),
                fold_half_width=half_width(held_out, spread),
                minutes=None if minutes is None else minutes * math.ceil(models / max(1, jobs)),
            )
        )
    if not plans:
        raise MedOptError(
            "no such number of folds is possible",
            expected="k from 2 to the number of subjects, and two subjects beside those held out",
            found=f"{subjects} subjects, k of {', '.join(map(str, ks))}",
        )
    return tuple(plans)


def half_width(subjects: float, spread: float) -> float | None:
    """Half of a 95 % t interval of a mean over so many subjects; None below two."""
    if subjects < 2:
        return None
    return float(stdtrit(subjects - 1, 0.975)) * spread / math.sqrt(subjects)
