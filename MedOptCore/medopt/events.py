"""What long work tells while it runs: events, progress with the time left, and who listens.

An event is one flat JSON object. Kinds and their fields (times are seconds unless the name says otherwise):

========== ==============================================================================================
started    ``command``; ``device`` when one is used; more facts of the command
progress   ``stage``, ``done``, ``total``, ``unit``, ``elapsed_s``, ``remaining_s`` (null until it can be told)
metric     ``step``, ``epoch``, ``minutes`` and any numbers such as ``train_loss``, ``validation_loss``; a look at
           the validation cases adds ``validation_metric`` (dice, auc or map50; absent: dice), its mean as
           ``validation_<metric>`` and ``validation_<metric>_by_structure`` (see ``validation_score``)
task       ``name``, ``state``, ``attempt`` and the latest progress or metric of one of several jobs (folds, trials)
message    ``level`` (info, warning, error), ``text``
result     ``path`` and ``title`` of something made: a run, a report, a model
finished   ``state`` (done, stopped, failed); ``error`` when it failed
========== ==============================================================================================

Every event also carries ``kind`` and ``time`` (ISO 8601, UTC).
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Protocol, TextIO, TypeVar

T = TypeVar("T")
Event = dict[str, Any]

SCORE_TITLES: Mapping[str, str] = {"dice": "Dice", "auc": "AUC", "map50": "mAP50"}
"""What a task chooses its best weights by → its title; the first one is meant where none is named."""


class Reporter(Protocol):
    """Anything that listens to events."""

    def emit(self, kind: str, **fields: Any) -> None:
        """Take one event of ``kind``; ``fields`` must be values that JSON can hold."""


class Silence:
    """Listens to nothing; the default of every function that reports."""

    def emit(self, kind: str, **fields: Any) -> None:
        """Take the event and do nothing."""


class JsonLines:
    """Writes one JSON object a line to a stream, flushed after each, so that a follower sees it at once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def emit(self, kind: str, **fields: Any) -> None:
        """Write the event; numbers that JSON cannot hold (NaN, infinity) become null."""
        line = json.dumps(make_event(kind, fields), ensure_ascii=False, allow_nan=False)
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()


class Broadcast:
    """Passes each event on to several listeners."""

    def __init__(self, *listeners: Reporter) -> None:
        self._listeners = listeners

    def emit(self, kind: str, **fields: Any) -> None:
        """Pass the event on."""
        for listener in self._listeners:
            listener.emit(kind, **fields)


def make_event(kind: str, fields: dict[str, Any]) -> Event:
    """The event as a JSON-able dictionary with ``kind`` and ``time`` in front."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    return {"kind": kind, "time": now, **{key: _json_value(value) for key, value in fields.items()}}


def read_events(path: str | Path, offset: int = 0) -> tuple[list[Event], int]:
    """Events of a JSON-lines file from byte ``offset`` on, and the offset to read from next time.

    A half-written last line is left for the next call; a damaged line in the middle is skipped, since the
    lines after it are still true. A missing file gives no events.
    """
    try:
        with open(path, "rb") as stream:
            stream.seek(offset)
            data = stream.read()
    except FileNotFoundError:
        return [], offset
    complete = data.rfind(b"\n") + 1
    events = []
    for line in data[:complete].splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and "kind" in event:
            events.append(event)
    return events, offset + complete


@dataclass(frozen=True)
class Score:
    """How good a model was on the validation cases at one moment of its training.

    Parameters
    ----------
    metric : a name of ``SCORE_TITLES``; higher is better
    value : mean over the structures or classes; None where it is not known
    by_structure : of each structure or class by name
    """

    metric: str
    value: float | None
    by_structure: Mapping[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """For axes and tables: Dice, AUC, mAP50."""
        return SCORE_TITLES.get(self.metric, self.metric)


def validation_score(fields: Mapping[str, Any]) -> Score | None:
    """The validation score of a "metric" event; None when it tells none. What is not a number counts as not told."""
    metric = fields.get("validation_metric")
    metric = metric if isinstance(metric, str) else _metric_in(fields)
    value = _number(fields.get(f"validation_{metric}"))
    named = fields.get(f"validation_{metric}_by_structure")
    each = {str(name): _number(v) for name, v in named.items()} if isinstance(named, dict) else {}
    known = {name: v for name, v in each.items() if v is not None}
    return Score(metric, value, known) if known or value is not None else None


def best_score(best: Any) -> Score | None:
    """The score in the field ``best`` of a run's record; None before the first look (-1) or when it is damaged."""
    if not isinstance(best, dict):
        return None
    metric = _metric_in(best)
    value = _number(best.get(f"validation_{metric}"))
    return None if value is None or value < 0 else Score(metric, value)


class Progress:
    """Counts the work of one stage and tells it at most every ``interval`` seconds, with the time left.

    The time left comes from the pace since the stage began; after a resume give ``done`` the work that was
    already finished, so that it does not count as fast.
    """

    def __init__(
        self, reporter: Reporter, stage: str, total: int, *, unit: str = "cases", done: int = 0, interval: float = 0.5
    ) -> None:
        self._reporter, self._stage, self._unit, self._interval = reporter, stage, unit, interval
        self.total, self.done, self._first = total, done, done
        self._began = time.monotonic()
        self._told = -math.inf
        self._tell()

    def advance(self, amount: int = 1) -> None:
        """Count ``amount`` more units as done."""
        before, self.done = self.done, self.done + amount
        if before < self.total <= self.done or time.monotonic() - self._told >= self._interval:
            self._tell()

    def _tell(self) -> None:
        self._told = time.monotonic()
        elapsed = self._told - self._began
        fresh = self.done - self._first
        remaining = elapsed / fresh * (self.total - self.done) if fresh > 0 else None
        self._reporter.emit(
            "progress",
            stage=self._stage,
            done=self.done,
            total=self.total,
            unit=self._unit,
            elapsed_s=round(elapsed, 2),
            remaining_s=None if remaining is None else round(remaining, 1),
        )


def track(reporter: Reporter, stage: str, items: Iterable[T], *, unit: str = "cases") -> Iterator[T]:
    """Yield ``items``, telling the progress of ``stage`` as each is finished."""
    everything = list(items)
    progress = Progress(reporter, stage, len(everything), unit=unit)
    for item in everything:
        yield item
        progress.advance()


class Collector:
    """Keeps every event in ``events``, for tests and scripts."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, kind: str, **fields: Any) -> None:
        """Keep the event."""
        self.events.append(make_event(kind, fields))


def _metric_in(fields: Mapping[str, Any]) -> str:
    """The first known metric that has a value or values by structure; dice when none has."""
    told = (m for m in SCORE_TITLES if f"validation_{m}" in fields or f"validation_{m}_by_structure" in fields)
    return next(told, next(iter(SCORE_TITLES)))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def _json_value(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(k): _json_value(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json_value(v) for v in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        return _json_value(value.item())
    return value
