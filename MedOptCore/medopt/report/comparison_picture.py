"""Two models on the same cases as a picture: every case for both, and the differences with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import INK, LINE, MUTED, Look, look
from medopt.report.text import count, metric_title, number, plain, shorten
from medopt.validation import MEAN, MEASURES, AnyResults, BoxResults, ClassResults, PairedRow, Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_ROWS = 20
"""Differences of a panel at most, the first ones."""


def draw_comparison(
    names: tuple[str, str], results: tuple[AnyResults, AnyResults], rows: Sequence[PairedRow]
) -> Drawing:
    """Left a point a case, its score by the second model over that by the first; right the differences, a panel a
    unit, better ones of the second model to the right.
    """
    first, second = (case_scores(one) for one in results)
    shared = [key for key in first if key in second]
    structures = list(dict.fromkeys(structure for _, structure in shared))
    panels: dict[tuple[str, bool], list[PairedRow]] = {}
    for row in rows:
        measure = MEASURES[row.metric]
        if measure.better != "zero":
            panels.setdefault((measure.unit, measure.higher_is_better), []).append(row)
    looks = {structure: look(place) for place, structure in enumerate(structures)}
    of_rows = {s.name: looks.get(s.name, look(place)) for place, s in enumerate(results[0].structures)}

    def paint(figure: Figure) -> None:
        cells = figure.subplots(1, 1 + len(panels), squeeze=False, width_ratios=[1.25] + [1.0] * len(panels))[0]
        points = [(s, first[case, s], second[case, s]) for case, s in shared]
        _scatter(cells[0], names, points, looks, score_title(results[0]))
        for axes, ((unit, high), shown) in zip(cells[1:], panels.items(), strict=True):
            _differences(axes, unit, high, shown[:MOST_ROWS], of_rows)

    one, other = (plain(name) for name in names)
    cases = count(len({case for case, _ in shared}), "case")
    better = sum(second[key] > first[key] for key in shared)
    worse = sum(second[key] < first[key] for key in shared)
    level = f"{100 * results[0].settings.bootstrap.level:g} %"
    most = max((min(len(shown), MOST_ROWS) for shown in panels.values()), default=0)
    return Drawing(
        WIDTH + 2,
        max(4.2, 1.4 + 0.27 * most),
        paint,
        f"Left: {score_title(results[0])} of {cases} by {other} (upwards) and {one} (across). Above the diagonal "
        f"{other} is better: {better} points above, {worse} below, {len(shared) - better - worse} on it. Right: {other}"
        f" minus {one} with {level} intervals over subjects and p-values after Holm's adjustment for all rows; on the "
        "right side of the line it is better.",
    )


def score_title(results: AnyResults) -> str:
    """What ``case_scores`` gives."""
    titles = {"segmentation": "Dice", "classification": "Probability of the truth", "detection": "Share of boxes found"}
    return titles[results.task]


def case_scores(results: AnyResults) -> dict[tuple[str, str], float]:
    """A score a case and structure, or a case (structure ""); cases for which there is none are left out."""
    if isinstance(results, Results):
        scored = ((score, score.value("dice")) for score in results.cases)
        return {(score.case, score.structure): value for score, value in scored if value is not None}
    if isinstance(results, ClassResults):
        return {(case.case, ""): case.agreement for case in results.cases if case.judged}
    return _boxes_found(results)


def _boxes_found(results: BoxResults) -> dict[tuple[str, str], float]:
    numbers = {case.case: (case.number("found"), case.number("missed")) for case in results.cases}
    return {(case, ""): found / (found + missed) for case, (found, missed) in numbers.items() if found + missed}


def _scatter(
    axes: Axes,
    names: tuple[str, str],
    points: Sequence[tuple[str, float, float]],
    looks: dict[str, Look],
    title: str,
) -> None:
    axes.set_title(f"{title}, every case")
    low = min([min(x, y) for _, x, y in points] or [0.0])
    low = max(-0.02, low - 0.05)
    axes.plot([low, 1.02], [low, 1.02], color=LINE, linewidth=1)
    size = 5.5 if len(points) <= 60 else 4 if len(points) <= 300 else 2.5
    for structure, style in looks.items():
        some = [(x, y) for s, x, y in points if s == structure]
        axes.plot(
            [x for x, _ in some],
            [y for _, y in some],
            style.marker,
            color=style.color,
            markersize=size,
            markeredgewidth=0,
            alpha=0.75,
            label=shorten(plain(structure), 20),
        )
    axes.set_xlim(low, 1.02)
    axes.set_ylim(low, 1.02)
    axes.set_aspect("equal")
    axes.set_xlabel(shorten(plain(names[0]), 30))
    axes.set_ylabel(shorten(plain(names[1]), 30))
    quiet_axes(axes, grid="both")
    if any(looks):
        axes.legend(loc="lower right", frameon=False, labelcolor=MUTED, fontsize=8)


def _differences(axes: Axes, unit: str, high: bool, rows: Sequence[PairedRow], looks: dict[str, Look]) -> None:
    axes.set_title("difference" + (f" ({unit})" if unit else "") + ("" if high else ", lower is better"))
    axes.axvline(0, color=MUTED, linewidth=0.9)
    texts = []
    for place, row in enumerate(rows):
        style = looks.get(row.structure, Look(INK, "D"))
        name = "all" if row.structure == MEAN else shorten(plain(row.structure), 14)
        texts.append(f"{metric_title(row.metric, unit=False)}, {name}")
        if row.difference is None:
            across = axes.get_yaxis_transform()
            axes.text(0.02, place, "not defined", transform=across, va="center", fontsize=7.5, color=MUTED)
            continue
        if row.low is not None and row.high is not None:
            axes.plot([row.low, row.high], [place, place], color=style.color, linewidth=2)
        axes.plot([row.difference], [place], style.marker, color=style.color, markersize=5)
        if row.p_adjusted is not None:
            said = "p < 0.001" if row.p_adjusted < 0.001 else f"p {number(row.p_adjusted, 3)}"
            axes.text(1.01, place, said, transform=axes.get_yaxis_transform(), va="center", fontsize=7.5, color=MUTED)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), texts)
    if not high:
        axes.invert_xaxis()
    axes.locator_params(axis="x", nbins=4)
    quiet_axes(axes, grid="x")
    for label in axes.get_yticklabels():
        label.set_color(INK)
        label.set_fontsize(8)
