"""The course of a training as its events tell it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from medopt.events import Event, read_events
from medopt.report.text import plain


@dataclass(frozen=True)
class Point:
    """One metric event; None where it did not tell a number.

    minutes are of training, pauses not counted; ``structures`` has the validation Dice of each structure by name.
    """

    step: int
    minutes: float
    train_loss: float | None = None
    validation_loss: float | None = None
    validation_dice: float | None = None
    learning_rate: float | None = None
    structures: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


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
        """(minutes, validation Dice) of one structure."""
        return [(point.minutes, point.structures[name]) for point in self.points if name in point.structures]


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
    by_structure = event.get("validation_dice_by_structure")
    named = by_structure.items() if isinstance(by_structure, dict) else ()
    return Point(
        int(step),
        minutes,
        _number(event.get("train_loss")),
        _number(event.get("validation_loss")),
        _number(event.get("validation_dice")),
        _number(event.get("learning_rate")),
        MappingProxyType({plain(n): float(v) for n, v in named if _number(v) is not None}),
    )


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)
