"""What each round of teaching changed for the annotators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from medopt.labelling.estimate import Estimate
from medopt.labelling.round_figures import Course, RoundFigures
from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import INK, MUTED, look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_rounds(course: Course) -> Drawing:
    """Four small charts over the rounds: the proposals' score, edits, seconds, and the share accepted as is.

    A bar is the 95 % interval; below each round stands its n. Round 0 are the cases without a proposal.
    """
    edits = "Added path length a case (voxels)" if course.task == "segmentation" else "Corrections a case"
    panels: list[tuple[str, Callable[[RoundFigures], Estimate | None], float]] = [
        (f"{course.score_title} of proposals, before correction", lambda one: one.score, 1.0),
        (edits, lambda one: one.path, 1.0),
        ("Seconds a case", lambda one: one.seconds, 1.0),
        ("Accepted as they were (%)", lambda one: one.as_is, 100.0),
    ]

    def paint(figure: Figure) -> None:
        grid = figure.subplots(2, 2)
        for place, (axes, (title, value, times)) in enumerate(zip(grid.flat, panels, strict=True)):
            _panel(axes, title, course.rounds, value, times, look(place).color)
        figure.supxlabel("round of the proposals; 0: none", fontsize=8.5, color=MUTED)
        if course.forecast is not None and course.forecast.cases:
            figure.suptitle(forecast_text(course), x=0.01, ha="left", fontsize=9, color=INK)

    return Drawing(
        WIDTH,
        5.6,
        paint,
        "Labelling by the round whose proposals were corrected; round 0: no proposal. Points are means over cases, "
        "bars their 95 % intervals (2,000 resamples of subjects, none below five subjects), n below each. Cases "
        "that were labelled blind and proposals that were wrong on purpose are left out.",
    )


def forecast_text(course: Course) -> str:
    """The effort left in a line; empty without a forecast."""
    forecast = course.forecast
    if forecast is None:
        return ""
    text = f"Left: {forecast.cases} cases, about {forecast.hours:.1f} h"
    if forecast.low is not None and forecast.high is not None:
        text += f" [{forecast.low:.1f} to {forecast.high:.1f}]"
    return f"{text}, as the last {forecast.n} timed cases went"


def _panel(
    axes: Axes,
    title: str,
    rounds: Sequence[RoundFigures],
    value: Callable[[RoundFigures], Estimate | None],
    times: float,
    color: str,
) -> None:
    known = [(one.round, found.times(times)) for one in rounds if (found := value(one)) is not None]
    axes.set_title(title)
    places = [number for number, _ in known]
    axes.plot(places, [found.mean for _, found in known], color=color, linewidth=1.4, marker="o", markersize=4.5)
    for number, found in known:
        if found.low is not None and found.high is not None:
            axes.plot([number, number], [found.low, found.high], color=color, linewidth=2.6, alpha=0.35)
    numbers = [one.round for one in rounds]
    counts = dict.fromkeys(numbers, 0) | {number: found.n for number, found in known}
    axes.set_xticks(numbers, [f"{number}\nn = {counts[number]}" for number in numbers])
    if numbers:
        axes.set_xlim(min(numbers) - 0.5, max(numbers) + 0.5)
    if known:
        low = min(found.mean if found.low is None else found.low for _, found in known)
        high = max(found.mean if found.high is None else found.high for _, found in known)
        if times == 1.0 and high > 1.5:
            axes.set_ylim(0, 1.1 * high)
        elif times != 1.0:
            axes.set_ylim(-4, 104)
        else:
            axes.set_ylim(max(0.0, low - 0.1), min(1.02, high + 0.1))
    else:
        axes.set_yticks([])
        axes.annotate("not known yet", (0.5, 0.5), xycoords="axes fraction", ha="center", color=MUTED)
    quiet_axes(axes, grid="y")
