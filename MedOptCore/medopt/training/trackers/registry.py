"""The trackers that a command can name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager

from medopt.errors import MedOptError
from medopt.events import Broadcast, Reporter
from medopt.training.trackers.facts import TrackerFacts
from medopt.training.trackers.guest import Guest
from medopt.training.trackers.mlflow import mlflow
from medopt.training.trackers.tensorboard import tensorboard

Tracker = Callable[[TrackerFacts, str | None], AbstractContextManager[Reporter]]

TRACKERS: Mapping[str, Tracker] = {"tensorboard": tensorboard, "mlflow": mlflow}
"""Name on the command line → tracker(facts, address)."""


@contextmanager
def followed(wishes: Sequence[str], facts: TrackerFacts, reporter: Reporter) -> Iterator[Reporter]:
    """``reporter`` with the trackers of ``wishes``, "NAME" or "NAME=ADDRESS", listening beside it.

    They hear numbers and settings only. One that fails later on is told once as a warning to ``reporter`` and left out.
    Raises MedOptError for a name that there is not, and when a tracker cannot begin: a wish is never dropped in
    silence.
    """
    with ExitStack() as stack:
        listeners: list[Reporter] = [reporter]
        for wish in dict.fromkeys(wishes):
            name, _, address = wish.partition("=")
            if name not in TRACKERS:
                raise MedOptError("no such tracker", where="--track", expected=" or ".join(TRACKERS), found=name)
            tracker = stack.enter_context(TRACKERS[name](facts, address or None))
            listeners.append(stack.enter_context(Guest(name, tracker, reporter)))
        yield Broadcast(*listeners)
