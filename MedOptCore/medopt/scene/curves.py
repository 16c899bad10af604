"""The charts of a training run from its events: loss, and the score of the validation cases, over steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from medopt.events import SCORE_TITLES, validation_score
from medopt.scene.plots import Chart, Series


def learning_charts(events: Iterable[Mapping[str, Any]], *, run: str = "") -> tuple[Chart, Chart]:
    """(loss chart, score chart) from the events of a run, in any order of arrival; other kinds of event are ignored.

    Reads "metric" events: ``step`` with ``train_loss``, ``validation_loss`` and the validation score (Dice, AUC or
    mAP50; see ``medopt.events.validation_score``), each where present. Where a run was resumed, the later event of a
    step counts. Without events, both charts are empty.

    Parameters
    ----------
    run : the run's name, for the titles
    """
    values: dict[str, dict[float, float]] = {}
    title = SCORE_TITLES["dice"]
    for event in events:
        if event.get("kind") != "metric" or event.get("step") is None:
            continue
        step = float(event["step"])
        _note(values, "Training", step, event.get("train_loss"))
        _note(values, "Validation", step, event.get("validation_loss"))
        score = validation_score(event)
        if score is not None:
            title = score.title
            _note(values, "Mean", step, score.value, of="score")
            for name, value in score.by_structure.items():
                _note(values, name, step, value, of="score")
    prefix = f"{run}: " if run else ""
    loss = "Loss (Dice + cross-entropy)" if title == SCORE_TITLES["dice"] else "Loss"
    return (
        Chart(f"{prefix}Loss", "Training steps", loss, _series(values, "loss")),
        Chart(
            f"{prefix}{title}", "Training steps", f"{title} of validation cases", _series(values, "score"), (0.0, 1.0)
        ),
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
