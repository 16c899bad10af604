"""The charts of a training run from its events: loss, and Dice of the validation cases, over steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from medopt.scene.plots import Chart, Series


def learning_charts(events: Iterable[Mapping[str, Any]], *, run: str = "") -> tuple[Chart, Chart]:
    """(loss chart, Dice chart) from the events of a run, in any order of arrival; other kinds of event are ignored.

    Reads "metric" events: ``step`` with ``train_loss``, ``validation_loss``, ``validation_dice`` and
    ``validation_dice_by_structure`` (name -> Dice), each where present. Where a run was resumed, the later event
    of a step counts. Without events, both charts are empty.

    Parameters
    ----------
    run : the run's name, for the titles
    """
    values: dict[str, dict[float, float]] = {}
    for event in events:
        if event.get("kind") != "metric" or event.get("step") is None:
            continue
        step = float(event["step"])
        _note(values, "Training", step, event.get("train_loss"))
        _note(values, "Validation", step, event.get("validation_loss"))
        _note(values, "Mean", step, event.get("validation_dice"), of="dice")
        for name, dice in (event.get("validation_dice_by_structure") or {}).items():
            _note(values, name, step, dice, of="dice")
    prefix = f"{run}: " if run else ""
    return (
        Chart(f"{prefix}Loss", "Training steps", "Loss (Dice + cross-entropy)", _series(values, "loss")),
        Chart(f"{prefix}Dice", "Training steps", "Dice of validation cases", _series(values, "dice"), (0.0, 1.0)),
    )


def _note(values: dict[str, dict[float, float]], name: str, step: float, value: float | None, of: str = "loss") -> None:
    if value is not None:
        values.setdefault(f"{of} {name}", {})[step] = float(value)


def _series(values: Mapping[str, Mapping[float, float]], of: str) -> tuple[Series, ...]:
    result = []
    for key, points in values.items():
        kind, _, name = key.partition(" ")
        if kind == of:
            steps = sorted(points)
            result.append(Series(name, steps, [points[step] for step in steps]))
    return tuple(result)
