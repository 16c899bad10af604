"""Predicted against reference volume: how far apart, and whether large structures fare differently.

After Bland & Altman, Lancet 1986;327:307-310.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import MUTED
from medopt.report.record import Record
from medopt.report.text import number, plain, shorten
from medopt.validation import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEWEST = 3
"""Cases from which on limits of agreement are drawn."""


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
            if len(scores) >= FEWEST:
                bias, spread = float(difference.mean()), 1.96 * float(difference.std(ddof=1))
                axes.axhspan(bias - spread, bias + spread, color=look.color, alpha=0.12, linewidth=0)
                axes.axhline(bias, color=look.color, linewidth=1.4)
                axes.annotate(
                    f"bias {number(bias, 2)} ml\nlimits {number(bias - spread, 2)} to {number(bias + spread, 2)}",
                    (1, 1),
                    xycoords="axes fraction",
                    xytext=(0, 2),
                    textcoords="offset points",
                    ha="right",
                    va="bottom",
                    fontsize=8,
                    color=MUTED,
                )
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
            axes.set_title(shorten(plain(structure.name), 20))
            axes.set_xlabel("mean of both volumes (ml)")
            quiet_axes(axes, grid="y")
        reach = 1.05 * max(abs(limit) for limit in cells[0].get_ylim())
        cells[0].set_ylim(-reach, reach)
        for axes in cells[len(shown) :]:
            axes.set_axis_off()
        cells[0].set_ylabel("predicted − reference (ml)")
        figure.set_layout_engine("constrained", wspace=0.06)

    more = "" if len(shown) == len(results.structures) else f" The first {len(shown)} structures are shown."
    return Drawing(
        WIDTH,
        0.2 + 2.9 * rows,
        paint,
        "Difference between predicted and reference volume against their mean (Bland-Altman). The line is the mean "
        f"difference, the band holds about 95 % of cases (mean ± 1.96 standard deviations).{more}",
    )
