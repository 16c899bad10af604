"""Every trial of a search as a line through its values to its score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import INK, LINE, MUTED, look
from medopt.report.text import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from medopt.training.search import Dimension, Trial

GOOD = 1 / 3
"""Share of a round's trials that are drawn as good."""


def draw_parallel_coordinates(
    dimensions: Sequence[Dimension],
    narrowed: Sequence[Dimension],
    trials: Sequence[Trial],
    best: Trial | None,
    metric: str,
) -> Drawing | None:
    """The lines of all trials with a score; None when there is none.

    Parameters
    ----------
    dimensions, narrowed : as the search began, and as its last round had them
    trials, best : of the search
    metric : title of the score
    """
    scored = [trial for trial in trials if trial.score is not None]
    if not scored:
        return None
    scores = [trial.score for trial in scored if trial.score is not None]
    low, high = min(scores), max(scores)

    def height(score: float) -> float:
        return (score - low) / (high - low) if high > low else 0.5

    good = _good(scored)

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        places = range(len(dimensions) + 1)
        for trial in scored:
            heights = [position(one, trial.values[one.field]) for one in dimensions]
            heights.append(height(trial.score or 0.0))
            color, width, above = _look(trial, good, best)
            style = (0, (4, 2)) if trial.state == "pruned" else "-"
            axes.plot(places, heights, color=color, linewidth=width, linestyle=style, zorder=above)
        for place, (before, after) in enumerate(zip(dimensions, narrowed, strict=True)):
            _axis(axes, place, before, after, None if best is None else best.values[before.field])
        _score_axis(axes, len(dimensions), low, high, None if best is None else best.score)
        axes.set_xticks(list(places), [*(_title(one) for one in dimensions), metric])
        axes.set_yticks([])
        axes.set_xlim(-0.35, len(dimensions) + 0.35)
        axes.set_ylim(-0.06, 1.06)
        quiet_axes(axes)
        axes.tick_params(axis="x", labelcolor=INK, pad=6)

    n = len(scored)
    return Drawing(
        WIDTH,
        3.8,
        paint,
        f"Parallel coordinates of {n} trials: each line goes through the values of a trial to its score on validation "
        "cases. Orange: the best; blue: the best third of each round; grey: the rest; dashed: ended early. The thick "
        "part of an axis is the range of the last round. Later rounds had more time, so their scores are higher.",
    )


def position(dimension: Dimension, value: object) -> float:
    """Where a value lies on its axis, 0 to 1; the middle of an axis without width."""
    if dimension.kind == "choice":
        index = next(n for n, one in enumerate(dimension.choices) if repr(one) == repr(value))
        return index / (len(dimension.choices) - 1) if len(dimension.choices) > 1 else 0.5
    low, high = dimension.place(dimension.low or 0), dimension.place(dimension.high or 0)
    return (dimension.place(float(value)) - low) / (high - low) if high > low else 0.5  # type: ignore[arg-type]


def marks(dimension: Dimension) -> list[tuple[float, str]]:
    """Positions and texts along an axis: choices, decades of a logarithmic range, or five even steps; ends always."""
    if dimension.kind == "choice":
        return [(position(dimension, one), shorten(str(one), 12)) for one in dimension.choices]
    low, high = float(dimension.low or 0), float(dimension.high or 0)
    if dimension.kind == "log":
        decades = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
        inner = [10.0**decade for decade in decades]
    else:
        inner = [low + (high - low) * n / 4 for n in range(1, 4)]
    if dimension.kind == "whole":
        inner = sorted({float(round(one)) for one in inner})
    found = [(position(dimension, low), f"{low:.3g}"), (position(dimension, high), f"{high:.3g}")]
    for one in inner:
        place = position(dimension, one)
        if all(abs(place - other) > 0.09 for other, _ in found):
            found.append((place, f"{one:.3g}"))
    return sorted(set(found))


def _good(trials: Sequence[Trial]) -> set[int]:
    """Numbers of the best trials of each round."""
    found: set[int] = set()
    for number in {trial.round for trial in trials}:
        mine = sorted((t for t in trials if t.round == number), key=lambda t: -(t.score or 0.0))
        found |= {trial.number for trial in mine[: math.ceil(GOOD * len(mine))]}
    return found


def _look(trial: Trial, good: set[int], best: Trial | None) -> tuple[str, float, float]:
    """Colour, width and height of a line."""
    if best is not None and trial.number == best.number:
        return look(0).color, 2.4, 4
    if trial.state == "done" and trial.number in good:
        return look(1).color, 1.1, 3
    return LINE, 0.9, 2


def _axis(axes: Axes, place: int, before: Dimension, after: Dimension, best: object) -> None:
    axes.plot([place, place], [0, 1], color=MUTED, linewidth=0.9, zorder=5)
    ends = after.choices if after.kind == "choice" else (after.low, after.high)
    heights = [position(before, end) for end in ends]
    axes.plot([place, place], [min(heights), max(heights)], color=INK, linewidth=3.2, solid_capstyle="butt", zorder=5)
    for height, text in marks(before):
        axes.annotate(
            text,
            (place, height),
            xytext=(-5, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=7.5,
            color=MUTED,
            zorder=6,
            bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.7},
        )
    if best is not None:
        text = f"{best:.3g}" if isinstance(best, float) else shorten(str(best), 12)
        _name_best(axes, place, position(before, best), text)


def _score_axis(axes: Axes, place: int, low: float, high: float, best: float | None) -> None:
    axes.plot([place, place], [0, 1], color=MUTED, linewidth=0.9, zorder=5)
    for height, score in {0.0: low, 1.0: high}.items():
        axes.annotate(
            f"{score:.3f}",
            (place, height),
            xytext=(5, -7 if height == 0 else 7),
            textcoords="offset points",
            ha="left",
            va="center",
            fontsize=7.5,
            color=MUTED,
        )
    if best is not None:
        _name_best(axes, place, (best - low) / (high - low) if high > low else 0.5, f"{best:.3f}")


def _name_best(axes: Axes, place: int, height: float, text: str) -> None:
    color = look(0).color
    axes.plot([place], [height], marker="o", markersize=5, color=color, zorder=7)
    axes.annotate(
        text,
        (place, height),
        xytext=(6, 0),
        textcoords="offset points",
        ha="left",
        va="center",
        fontsize=8.5,
        fontweight="bold",
        color=color,
        zorder=7,
        bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.7},
    )


def _title(dimension: Dimension) -> str:
    return shorten(dimension.field.rpartition(".")[2].replace("_", " "), 18)
