"""When a trial is hopeless: asynchronous successive halving."""

from __future__ import annotations

from collections.abc import Sequence

from medopt.training.search.trial import Trial

RUNGS = (0.25, 0.5)
"""Shares of a trial at which it is compared with the others of its round."""
FEWEST = 4
"""Trials that must have come to a point before any is ended there."""


def is_hopeless(trial: Trial, others: Sequence[Trial], keep: float) -> bool:
    """Whether ``trial`` is to be ended at the point that it has just reached.

    Parameters
    ----------
    trial : with its last look in ``points``
    others : of the same round, so with the same time; those that were ended early count, too
    keep : share of the trials at a rung that go on

    Source: Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020. A trial is compared once at
    each rung, at its first look there or later, with what the others had at theirs.
    """
    if keep >= 1 or not trial.points:
        return False
    for rung in RUNGS:
        reached = [n for n, (share, _) in enumerate(trial.points) if share >= rung - 1e-6]
        if not reached or reached[0] != len(trial.points) - 1 or trial.points[-1][0] >= 1 - 1e-6:
            continue  # not yet there, compared before, or finished anyway
        scores = [score for other in others if (score := _at(other, rung)) is not None]
        if len(scores) < FEWEST:
            continue
        own = trial.points[-1][1]
        better = sum(score > own for score in scores)
        if better >= max(1, round(keep * (len(scores) + 1))):
            return True
    return False


def _at(trial: Trial, rung: float) -> float | None:
    return next((score for share, score in trial.points if share >= rung - 1e-6), None)
