"""The scores of a search, trial by trial and round by round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import INK, LINE, MUTED, look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from medopt.training.search import Round, Trial


def draw_search_history(
    rounds: Sequence[Round], trials: Sequence[Trial], best: Trial | None, metric: str
) -> Drawing | None:
    """A point a trial, the best so far within each round as a line; None when no trial has a score."""
    if not any(trial.score is not None for trial in trials):
        return None

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for one in rounds:
            mine = [trial for trial in trials if trial.round == one.number and trial.score is not None]
            _points(axes, mine)
            if one.number:
                axes.axvline(one.first + 0.5, color=LINE, linewidth=0.9)
            if mine:
                _best_so_far(axes, [trial for trial in mine if trial.state == "done"], one)
            share = "full time" if one.share >= 1 - 1e-9 else f"{one.share:.2g} of the time"
            axes.annotate(
                f"round {one.number + 1}: {share}",
                (one.first + 0.7, 1.02),
                xycoords=("data", "axes fraction"),
                fontsize=8,
                color=MUTED,
                rotation=0 if one.size > len(trials) / 8 else 20,
                annotation_clip=False,
            )
        for trial in trials:
            if trial.state == "failed":
                axes.plot([trial.number + 1], [0.02], marker="x", color=MUTED, transform=axes.get_xaxis_transform())
        if best is not None and best.score is not None:
            axes.plot([best.number + 1], [best.score], marker="o", markersize=8, color=look(0).color, zorder=5)
            axes.annotate(
                f"{best.name}: {best.score:.4f}",
                (best.number + 1, best.score),
                xytext=(-8, -4),
                textcoords="offset points",
                ha="right",
                va="top",
                fontsize=8.5,
                color=look(0).color,
                fontweight="bold",
            )
        axes.set_xlabel("trial")
        axes.set_ylabel(metric)
        axes.set_xlim(0.3, max(len(trials), rounds[-1].first + rounds[-1].size) + 0.7)
        quiet_axes(axes, grid="y")

    return Drawing(
        WIDTH,
        3.4,
        paint,
        "Score on validation cases of each trial. Filled: finished; hollow: ended early, with its score then; crosses: "
        "failed. The line is the best so far among trials of the same round. Rounds differ in time, so scores of "
        "different rounds cannot be compared.",
    )


def _points(axes: Axes, trials: Sequence[Trial]) -> None:
    for state, filled in (("done", True), ("pruned", False), ("running", False)):
        chosen = [trial for trial in trials if trial.state == state]
        axes.plot(
            [trial.number + 1 for trial in chosen],
            [trial.score or 0.0 for trial in chosen],
            linestyle="none",
            marker="o",
            markersize=4.5,
            markerfacecolor=look(1).color if filled else "none",
            markeredgecolor=look(1).color if filled else MUTED,
        )


def _best_so_far(axes: Axes, trials: Sequence[Trial], one: Round) -> None:
    numbers: list[float] = []
    scores: list[float] = []
    for trial in trials:
        score = trial.score if trial.score is not None else float("-inf")
        scores.append(max([score, *scores[-1:]]))
        numbers.append(trial.number + 1)
    if numbers:
        numbers.append(one.first + one.size + 0.4)
        scores.append(scores[-1])
        axes.step(numbers, scores, where="post", color=INK, linewidth=1.4)
