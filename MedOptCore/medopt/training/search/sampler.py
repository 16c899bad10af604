"""Drawing values with Optuna's tree-structured Parzen estimator, without any of its storage."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from medopt.training.search.narrowing import ranked
from medopt.training.search.rounds import Round
from medopt.training.search.settings import Dimension, SearchSettings, Value
from medopt.training.search.trial import Trial

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

STARTUP = 6
"""Trials drawn at random before the estimator is asked."""


def draw_values(
    dimensions: Sequence[Dimension],
    trials: Sequence[Trial],
    rounds: Sequence[Round],
    settings: SearchSettings,
    number: int,
) -> dict[str, Value]:
    """Values for trial ``number`` within ``dimensions``, after what ``trials`` of all rounds showed.

    Scores of rounds with different times cannot be compared, so trials count by their rank (see ``standing``). The
    draw depends on the seed, the number and the trials alone: a resumed search draws what it would have drawn.
    """
    import optuna

    space = {one.field: distribution(one) for one in dimensions}
    study = _study(settings, number)
    known = standing(trials, rounds)
    for trial in trials:
        if not all(one.holds(trial.values[one.field]) for one in dimensions):
            continue
        running = trial.number not in known
        study.add_trial(
            optuna.trial.create_trial(
                state=optuna.trial.TrialState.RUNNING if running else optuna.trial.TrialState.COMPLETE,
                value=None if running else known[trial.number],
                params={one.field: _inner(one, trial.values[one.field]) for one in dimensions},
                distributions=space,
            )
        )
    found = study.ask(space).params
    return {one.field: outer(one, found[one.field]) for one in dimensions}


def standing(trials: Sequence[Trial], rounds: Sequence[Round]) -> dict[int, float]:
    """How good each ended trial is, from 0 to 1, comparable between rounds.

    Within a round it is the share of its trials that are no better. A later round is made of the best of the one
    before, so its trials fill the upper part: with a third of the trials, the upper third.
    """
    found: dict[int, float] = {}
    for one in rounds:
        ended = ranked([trial for trial in trials if trial.round == one.number and trial.ended])
        height = one.size / rounds[0].size
        for place, trial in enumerate(ended):
            inner = 1 - place / max(1, len(ended) - 1)
            found[trial.number] = 0.0 if trial.state == "failed" else 1 - (1 - inner) * height
    return found


def distribution(dimension: Dimension) -> BaseDistribution:
    """Optuna's name for a dimension; choices are told by their place."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if dimension.kind == "choice":
        return CategoricalDistribution(range(len(dimension.choices)))
    low, high = dimension.low or 0.0, dimension.high or 0.0
    if dimension.kind == "whole":
        return IntDistribution(int(low), int(high))
    return FloatDistribution(low, high, log=dimension.kind == "log")


def outer(dimension: Dimension, value: Any) -> Value:
    """A value of Optuna's as the recipe's."""
    if dimension.kind == "choice":
        return dimension.choices[int(value)]
    return int(value) if dimension.kind == "whole" else float(f"{value:.6g}")


def _inner(dimension: Dimension, value: Value) -> Any:
    if dimension.kind == "choice":
        return next(n for n, one in enumerate(dimension.choices) if repr(one) == repr(value))
    low, high = dimension.low or 0.0, dimension.high or 0.0
    number = min(max(float(value), low), high)  # type: ignore[arg-type]  # a number, as ``holds`` said
    return int(number) if dimension.kind == "whole" else number


def _study(settings: SearchSettings, number: int) -> Any:
    import optuna

    seed = int.from_bytes(hashlib.sha256(f"{settings.seed}:{number}".encode()).digest()[:4], "big")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP, constant_liar=True)
    return optuna.create_study(direction="maximize", sampler=sampler)
