"""How many trials each round has, and how long they are."""

from __future__ import annotations

from dataclasses import dataclass

from medopt.training.search.settings import SearchSettings


@dataclass(frozen=True)
class Round:
    """One round.

    Parameters
    ----------
    number : from 0
    first, size : number of its first trial, counted from 0 through the whole search, and how many it has
    share : of the full training time of a trial
    promoted : how many of its trials are the best of the round before
    """

    number: int
    first: int
    size: int
    share: float
    promoted: int

    @property
    def trials(self) -> range:
        """Numbers of its trials."""
        return range(self.first, self.first + self.size)


def plan_rounds(settings: SearchSettings) -> tuple[Round, ...]:
    """The rounds of a search, whose sizes add up to ``settings.trials``; fewer rounds when there are few trials.

    With n rounds and a reduction of r, sizes are as r^(n-1) to r^(n-2) … to 1, and times the other way round.
    """
    count = settings.rounds
    while count > 1 and settings.trials < settings.reduction ** (count - 1) + count - 1:
        count -= 1
    weights = [settings.reduction ** (count - 1 - n) for n in range(count)]
    sizes = [max(1, settings.trials * weight // sum(weights)) for weight in weights]
    sizes[0] += settings.trials - sum(sizes)
    rounds, first = [], 0
    for number, size in enumerate(sizes):
        promoted = 0 if number == 0 else min(size, max(1, round(size * settings.promoted)))
        rounds.append(Round(number, first, size, settings.reduction ** (number - count + 1.0), promoted))
        first += size
    return tuple(rounds)


def default_amount(trials: int) -> float:
    """``training_amount`` of a search of so many trials, with all other settings as they are by default."""
    return training_amount(plan_rounds(SearchSettings.model_construct(trials=trials)))


def training_amount(rounds: tuple[Round, ...]) -> float:
    """The whole search in full trainings, when no trial is ended early."""
    return sum(one.size * one.share for one in rounds)
