"""Which dimensions decided the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medopt.training.search.rounds import Round
from medopt.training.search.sampler import distribution, standing
from medopt.training.search.settings import Dimension
from medopt.training.search.trial import Trial

FEWEST = 8
"""Trials below which an importance is chance."""


@dataclass(frozen=True)
class Importance:
    """Of one dimension.

    Parameters
    ----------
    field : of the recipe
    share : of the importance of all dimensions, which add up to 1
    trend : rank correlation of the value with the standing of the trial, -1 to 1; None for choices and constants
    """

    field: str
    share: float
    trend: float | None


def importances(
    dimensions: Sequence[Dimension], trials: Sequence[Trial], rounds: Sequence[Round]
) -> tuple[Importance, ...]:
    """The dimensions, the most important first; empty for fewer than FEWEST ended trials of the first round.

    PED-ANOVA (Watanabe, Bansal & Hutter, IJCAI 2023): how far the values of the best fifth of the trials differ from
    those of all trials. Only the first round is looked at: there ranges are whole and all trials have the same time;
    later rounds hold the values that the first one preferred, by chance or not.
    """
    import optuna

    first = [trial for trial in trials if trial.round == 0]
    known = standing(first, rounds)
    ended = [trial for trial in first if trial.number in known]
    if len(ended) < FEWEST:
        return ()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="minimize")  # so that low is good, which the estimator expects
    space = {one.field: distribution(one) for one in dimensions}
    for trial in ended:
        params = {one.field: _inner(one, trial) for one in dimensions}
        study.add_trial(optuna.trial.create_trial(value=-known[trial.number], params=params, distributions=space))
    varied = [one for one in dimensions if len({repr(trial.values[one.field]) for trial in ended}) > 1]
    shares = dict.fromkeys(space, 0.0)
    if varied:
        evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=0.2)
        found = optuna.importance.get_param_importances(
            study, evaluator=evaluator, params=[one.field for one in varied]
        )
        shares |= found
    result = [Importance(one.field, float(shares[one.field]), _trend(one, ended, known)) for one in dimensions]
    return tuple(sorted(result, key=lambda one: (-one.share, one.field)))


def _inner(dimension: Dimension, trial: Trial) -> object:
    value = trial.values[dimension.field]
    if dimension.kind == "choice":
        return next(n for n, one in enumerate(dimension.choices) if repr(one) == repr(value))
    return min(max(value, dimension.low), dimension.high)  # type: ignore[type-var]  # numbers by the settings


def _trend(dimension: Dimension, trials: Sequence[Trial], known: dict[int, float]) -> float | None:
    values = [trial.values[dimension.field] for trial in trials]
    if dimension.kind == "choice" or len(set(map(repr, values))) < 2:
        return None
    from scipy.stats import spearmanr  # slow to load

    found = float(spearmanr(np.asarray(values, float), [known[trial.number] for trial in trials]).statistic)
    return found if np.isfinite(found) else None
