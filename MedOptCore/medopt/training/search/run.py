"""A worker's loop over a search: whatever the objective, until nothing is left or the user stops it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from medopt.errors import MedOptError
from medopt.events import Progress, Reporter, Silence
from medopt.training.search.search import Search
from medopt.training.search.trial import Trial

WAIT_SECONDS = 1.0
"""How often a worker that has nothing to do looks again."""

Report = Callable[[float, float], bool]
"""Tell the share of the trial that has passed and the score; gives whether it is worth going on."""
Objective = Callable[[Trial, Report], "float | None"]
"""Tries the values of a trial for its share of the full time, and gives the score, higher is better. None when it ended
before its time, because ``report`` said so or the user stopped it. MedOptError when these values do not work."""


class Asked(Protocol):
    """Whether the user asked to stop."""

    def requested(self) -> bool:
        """Never blocks."""
        ...


def run_search(
    search: Search,
    objective: Objective,
    *,
    reporter: Reporter | None = None,
    stop: Asked | None = None,
    on_end: Callable[[Trial], None] | None = None,
) -> bool:
    """Work on trials until the search is finished; whether it is.

    A trial that fails by a MedOptError is noted with the reason and the search goes on. A trial that the user stopped
    stays as it is, and is gone on with when the search is resumed. ``on_end`` is called with each trial that ended.
    """
    listener = reporter or Silence()
    done = sum(trial.ended for trial in search.store.all())
    progress = Progress(listener, "search", search.settings.trials, unit="trials", done=done)
    told = -1
    while not search.finished:
        if stop is not None and stop.requested():
            return False
        trial = search.suggest()
        if trial is None:
            time.sleep(WAIT_SECONDS)
            continue
        if trial.round > told:
            told = trial.round
            _tell_ranges(search, trial, listener)
        ended = _work(search, trial, objective, listener)
        if ended is None:
            return False
        if on_end is not None:
            on_end(ended)
        progress.advance(sum(one.ended for one in search.store.all()) - progress.done)
    return True


def _work(search: Search, trial: Trial, objective: Objective, reporter: Reporter) -> Trial | None:
    """The trial as it ended; None when the user stopped it."""
    hopeless = False

    def report(share: float, score: float) -> bool:
        nonlocal trial, hopeless
        trial, worth = search.report(trial, share, score)
        hopeless = hopeless or not worth
        return worth

    try:
        score = objective(trial, report)
    except MedOptError as error:
        ended = search.finish(trial, error=str(error))
    else:
        if score is None and not hopeless:
            return None
        ended = search.finish(trial, score, pruned=score is None)
    reporter.emit("message", level="warning" if ended.error else "info", text=_sentence(ended))
    reporter.emit(
        "trial", **{"trial": ended.name, "state": ended.state, "score": ended.score, "round": ended.round + 1}
    )
    return ended


def _sentence(trial: Trial) -> str:
    values = ", ".join(f"{field.rpartition('.')[2]} {_short(value)}" for field, value in trial.values.items())
    if trial.error:
        return f"{trial.name} failed with {values}: {trial.error}"
    score = "no score" if trial.score is None else f"{trial.score:.4f}"
    how = f"ended early at {trial.points[-1][0]:.0%}: " if trial.state == "pruned" and trial.points else ""
    return f"{trial.name}: {how}{score} with {values}"


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _tell_ranges(search: Search, trial: Trial, reporter: Reporter) -> None:
    one = search.rounds[trial.round]
    share = "the full time" if one.share >= 1 else f"{one.share:.2g} of the full time"
    text = f"Round {one.number + 1} of {len(search.rounds)}: {one.size} trials with {share}"
    reporter.emit("message", level="info", text=text)
    for narrowing in search.ranges(trial.round)[1]:
        if narrowing.round == trial.round - 1:
            reporter.emit("message", level="info", text=f"Narrowed around the best {narrowing.best}: {narrowing}")
