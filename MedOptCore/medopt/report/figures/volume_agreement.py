"""Predicted against reference volume: how far apart, and whether large structures fare differently.

After Bland & Altman, Lancet 1986;327:307-310.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import MUTED
from medopt.report.record import Record
from medopt.report.text import interval, number, plain, shorten
from medopt.validation import Interval, Results
from medopt.validation.bland_altman import AgreementLimits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw(record: Record) -> Drawing | None:
    """A panel a structure (at most eight): difference against mean of the two volumes; None without results."""
    results = record.results
    if not isinstance(results, Results) or not results.cases:
        return None
    shown = results.structures[:8]
    columns = min(len(shown), 4 if len(shown) > 3 else 3)
    rows = -(-len(shown) // columns)

    def paint(figure: Figure) -> None:
        cells = list(figure.subplots(rows, columns, squeeze=False, sharey=True).flat)
        for axes, structure in zip(cells, shown, strict=False):
            look = record.look_of(structure.name)
            scores = [s for s in results.cases if s.structure == structure.name]
            reference = np.array([s.reference_ml for s in scores])
            predicted = np.array([s.predicted_ml for s in scores])
            mean, difference = (reference + predicted) / 2, predicted - reference
            axes.axhline(0, color=MUTED, linewidth=0.9)
            _limits(axes, results.volume_agreement(structure.name), look.color)
            axes.plot(
                mean,
                difference,
                linestyle="none",
                marker=look.marker,
                color=look.color,
                markersize=4,
                alpha=0.85,
                mew=0,
            )
            axes.set_title(shorten(plain(structure.name), 20), pad=36)
            axes.set_xlabel("mean of both volumes (ml)")
            quiet_axes(axes, grid="y")
        reach = 1.05 * max(abs(limit) for limit in cells[0].get_ylim())
        cells[0].set_ylim(-reach, reach)
        for axes in cells[len(shown) :]:
            axes.set_axis_off()
        cells[0].set_ylabel("predicted − reference (ml)")
        figure.set_layout_engine("constrained", wspace=0.06)

    level = f"{100 * results.settings.bootstrap.level:g} %"
    more = "" if len(shown) == len(results.structures) else f" The first {len(shown)} structures are shown."
    return Drawing(
        WIDTH,
        0.2 + 3.1 * rows,
        paint,
        "Difference between predicted and reference volume against their mean (Bland-Altman). The line is the mean "
        "difference, the band between the dashed limits of agreement holds about 95 % of cases (mean ± 1.96 standard "
        f"deviations). In brackets, and as darker stripes, {level} intervals over subjects; none below five.{more}",
    )


def _limits(axes: Axes, agreement: AgreementLimits, color: str) -> None:
    """The bias, the band between the limits, and their intervals."""
    bias, lower, upper = agreement.bias, agreement.lower, agreement.upper
    if bias.estimate is None or lower.estimate is None or upper.estimate is None:
        return
    axes.axhspan(lower.estimate, upper.estimate, color=color, alpha=0.1, linewidth=0)
    axes.axhline(bias.estimate, color=color, linewidth=1.4)
    for limit in (lower.estimate, upper.estimate):
        axes.axhline(limit, color=color, linewidth=0.9, linestyle="--")
    for part in (bias, lower, upper):
        if part.low is not None and part.high is not None:
            axes.axhspan(part.low, part.high, color=color, alpha=0.13, linewidth=0)
    names = ("upper limit", "bias", "lower limit")
    axes.annotate(
        "\n".join(f"{name} {_told(part)}" for name, part in zip(names, (upper, bias, lower), strict=True)),
        (1, 1),
        xycoords="axes fraction",
        xytext=(0, 2),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=7.5,
        color=MUTED,
    )


def _told(part: Interval) -> str:
    return f"{number(part.estimate, 2)} {interval(part.low, part.high, 2)}".strip()
