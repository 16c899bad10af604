"""Every case in one picture, sorted by its mean Dice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import INK, LINE, MUTED
from medopt.report.ranking import ranked_cases
from medopt.report.record import Record
from medopt.report.text import number, plain, shorten
from medopt.validation import MEAN, CaseScore, Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMED = 3
"""So many of the worst cases are named in the figure."""
CROWDED = 60
"""With more cases names at the points would lie over each other."""


def draw(record: Record) -> Drawing | None:
    """Dice of each structure in each case, cases sorted from worst to best; None without results."""
    results = record.results
    if not isinstance(results, Results):
        return None
    ranked = ranked_cases(results)
    if not ranked:
        return None
    by_case: dict[str, list[CaseScore]] = {}
    for score in results.cases:
        by_case.setdefault(score.case, []).append(score)

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        size = max(2.5, min(6.5, 300 / len(ranked)))
        for place, item in enumerate(ranked, 1):
            values = [v for v in (s.value("dice") for s in by_case[item.case]) if v is not None]
            axes.plot([place, place], [min(values), max(values)], color=LINE, linewidth=1.2, zorder=1)
            axes.plot([place - 0.32, place + 0.32], [item.dice] * 2, color=INK, linewidth=1.4, zorder=2)
        for structure in results.structures:
            look = record.look_of(structure.name)
            points = [
                (place, value)
                for place, item in enumerate(ranked, 1)
                for score in by_case[item.case]
                if score.structure == structure.name and (value := score.value("dice")) is not None
            ]
            x, y = zip(*points, strict=True) if points else ((), ())
            axes.plot(
                x,
                y,
                linestyle="none",
                marker=look.marker,
                color=look.color,
                markersize=size,
                markeredgewidth=0,
                label=shorten(plain(structure.name)),
                zorder=3,
            )
        estimate = results.row(MEAN, "dice")
        if estimate.estimate is not None:
            axes.axhline(estimate.estimate, color=MUTED, linewidth=0.9, linestyle=(0, (1, 2)), zorder=0)
            if estimate.low is not None and estimate.high is not None:
                axes.axhspan(estimate.low, estimate.high, color=MUTED, alpha=0.12, linewidth=0, zorder=0)
        if len(ranked) > CROWDED:
            names = "\n".join(f"{n}  {shorten(item.case, 40)}" for n, item in enumerate(ranked[:NAMED], 1))
            axes.text(0.01, 0.03, f"lowest\n{names}", transform=axes.transAxes, fontsize=7.5, color=MUTED, va="bottom")
        else:
            _name_points(axes, [(item.case, by_case[item.case]) for item in ranked[:NAMED]])
        lowest = min(v for s in results.cases if (v := s.value("dice")) is not None)
        axes.set_ylim(max(-0.04, lowest - 0.12), 1.0)
        axes.set_xlim(0.3, len(ranked) + 0.7)
        axes.set_ylabel("Dice")
        axes.set_xlabel(f"{len(ranked)} cases, from worst to best")
        axes.set_xticks([])
        quiet_axes(axes, grid="y")
        axes.legend(
            loc="lower right",
            frameon=False,
            ncols=4,
            labelcolor=MUTED,
            handletextpad=0.2,
            columnspacing=1.2,
            fontsize=8.5,
        )

    row = results.row(MEAN, "dice")
    band = f", the band its {100 * results.settings.bootstrap.level:g} % interval" if row.low is not None else ""
    return Drawing(
        WIDTH,
        3.4,
        paint,
        "One column a case: a marker for each structure, a short line for their mean. The dotted line is the mean over "
        f"cases, {number(row.estimate, 3)}{band}. The worst cases are named.",
    )


def _name_points(axes: Axes, cases: list[tuple[str, list[CaseScore]]]) -> None:
    """Write the first cases' names below their points."""
    for place, (name, scores) in enumerate(cases, 1):
        axes.annotate(
            shorten(name, 22),
            (place, min(v for v in (s.value("dice") for s in scores) if v is not None)),
            xytext=(0, -6),
            textcoords="offset points",
            rotation=-35,
            rotation_mode="anchor",
            va="top",
            ha="left",
            fontsize=7.5,
            color=MUTED,
        )
