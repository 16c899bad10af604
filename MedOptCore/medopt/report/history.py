"""The course of a training as its events tell it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from medopt.events import Event, Score, read_events, validation_score
from medopt.report.text import plain


@dataclass(frozen=True)
class Point:
    """One metric event; None where it did not tell a number.

    minutes are of training, pauses not counted; ``score`` is that of the validation cases by ``metric`` (see
    ``medopt.events.Score``), ``structures`` has it for each structure or class by name.
    """

    step: int
    minutes: float
    train_loss: float | None = None
    validation_loss: float | None = None
    score: float | None = None
    learning_rate: float | None = None
    structures: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    metric: str = ""


@dataclass(frozen=True)
class History:
    """The points of a training in order of steps, how often it was started, and its warnings.

    What was trained after a checkpoint and lost in a kill is left out: it was trained again.
    """

    points: tuple[Point, ...] = ()
    sessions: int = 0
    warnings: tuple[str, ...] = ()

    def known(self, name: str) -> list[tuple[float, float]]:
        """(minutes, value) of the points that have the number ``name``."""
        pairs = [(point.minutes, getattr(point, name)) for point in self.points]
        return [(minutes, value) for minutes, value in pairs if value is not None]

    def structure(self, name: str) -> list[tuple[float, float]]:
        """(minutes, validation score) of one structure or class."""
        return [(point.minutes, point.structures[name]) for point in self.points if name in point.structures]

    @property
    def score_title(self) -> str:
        """What the validation score is called: Dice, AUC, mAP50; Dice when none was told."""
        metric = next((point.metric for point in reversed(self.points) if point.metric), "dice")
        return Score(metric, None).title


def read_history(path: Path) -> History:
    """The history that ``events.jsonl`` tells; damaged lines are skipped, a missing file gives an empty history."""
    events, _ = read_events(path)
    points: list[Point] = []
    for event in events:
        point = _point(event) if event["kind"] == "metric" else None
        if point is None:
            continue
        while points and points[-1].step >= point.step:  # a resume went back to its checkpoint
            points.pop()
        points.append(point)
    warned = [plain(e.get("text")) for e in events if e["kind"] == "message" and e.get("level") == "warning"]
    return History(
        tuple(points), sum(e["kind"] == "started" for e in events), tuple(dict.fromkeys(filter(None, warned)))
    )


def _point(event: Event) -> Point | None:
    step, minutes = _number(event.get("step")), _number(event.get("minutes"))
    if step is None or minutes is None:
        return None
    score = validation_score(event)
    named = {} if score is None else score.by_structure
    return Point(
        int(step),
        minutes,
        _number(event.get("train_loss")),
        _number(event.get("validation_loss")),
        None if score is None else score.value,
        _number(event.get("learning_rate")),
        MappingProxyType({plain(name): value for name, value in named.items()}),
        "" if score is None else score.metric,
    )


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)
