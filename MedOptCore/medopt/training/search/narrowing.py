"""Ranges that shrink around the best trials, step by step, each step told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from medopt.training.search.settings import Dimension, SearchSettings
from medopt.training.search.trial import Trial


@dataclass(frozen=True)
class Narrowing:
    """What a round did to a dimension.

    Parameters
    ----------
    round : after which it was narrowed, from 0
    before, after : the range
    best : how many of the round's trials it was narrowed around
    """

    round: int
    before: Dimension
    after: Dimension
    best: int

    def __str__(self) -> str:
        return f"{self.before.field}: {self.before} → {self.after}"


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    """The best first: finished ones by score, then those ended early by their score, then failed ones."""
    order = {"done": 0, "pruned": 1, "failed": 2, "running": 3}

    def place(trial: Trial) -> tuple[int, float, int]:
        score = -math.inf if trial.score is None else trial.score
        return order[trial.state], -score, trial.number

    return sorted(trials, key=place)


def best_trials(trials: Sequence[Trial], quantile: float) -> list[Trial]:
    """The best share of a round's trials, at least one; failed ones never count."""
    usable = [trial for trial in ranked(trials) if trial.state in ("done", "pruned") and trial.score is not None]
    return usable[: max(1, math.ceil(quantile * len(trials)))]


def narrow(
    dimensions: Sequence[Dimension], trials: Sequence[Trial], settings: SearchSettings, round_number: int
) -> tuple[tuple[Dimension, ...], tuple[Narrowing, ...]]:
    """Ranges after a round, and what changed.

    A numeric range becomes that of the best trials, widened on either side by ``margin`` of the old range (in the
    logarithm where it is drawn so), within the old one. A choice loses what was tried at least twice and is not
    among the best. When no trial has a score, nothing changes.
    """
    best = best_trials(trials, settings.quantile)
    if not best:
        return tuple(dimensions), ()
    after = tuple(_narrowed(dimension, best, trials, settings.margin) for dimension in dimensions)
    changes = tuple(
        Narrowing(round_number, old, new, len(best)) for old, new in zip(dimensions, after, strict=True) if old != new
    )
    return after, changes


def _narrowed(dimension: Dimension, best: Sequence[Trial], trials: Sequence[Trial], margin: float) -> Dimension:
    values = [trial.values[dimension.field] for trial in best]
    if dimension.kind == "choice":
        kept = {repr(value) for value in values}
        tried = [repr(trial.values[dimension.field]) for trial in trials]
        choices = tuple(one for one in dimension.choices if repr(one) in kept or tried.count(repr(one)) < 2)
        return dimension.model_copy(update={"choices": choices or dimension.choices})
    low, high = dimension.place(dimension.low or 0), dimension.place(dimension.high or 0)
    places = [dimension.place(float(value)) for value in values if isinstance(value, (int, float))]
    room = margin * (high - low)
    new_low, new_high = max(low, min(places) - room), min(high, max(places) + room)
    if dimension.kind == "log":
        new_low, new_high = math.exp(new_low), math.exp(new_high)
    if dimension.kind == "whole":
        new_low, new_high = math.floor(new_low), math.ceil(new_high)
    limits = {
        "low": max(float(new_low), dimension.low or float(new_low)),
        "high": min(float(new_high), dimension.high or float(new_high)),
    }
    return dimension.model_copy(update=limits)
