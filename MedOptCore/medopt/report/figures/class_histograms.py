"""How sure the model is of cases that show a class, and of those that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from medopt.report.figures.bands import quiet_legend, shown_classes
from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import INK, MUTED
from medopt.report.record import Record
from medopt.report.text import plain, shorten
from medopt.validation import ClassResults
from medopt.validation.class_table import ClassTable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BINS = np.linspace(0, 1, 21)


def draw(record: Record) -> Drawing | None:
    """A panel a class; None without results of classification."""
    results = record.results
    if not isinstance(results, ClassResults) or not results.cases:
        return None
    table = ClassTable.of(results.cases, [s.name for s in results.structures])
    shown = shown_classes(results)
    columns = 2 if len(shown) in (1, 2, 4) else 3
    rows = -(-len(shown) // columns)

    def paint(figure: Figure) -> None:
        cells = list(figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).flat)
        for axes, structure in zip(cells, shown, strict=False):
            c = table.names.index(structure.name)
            here = table.judged[:, c]
            truth, sure = table.truth[here, c], table.sure[here, c]
            color = record.look_of(structure.name).color
            for kind, word, style in ((truth, "with", {"color": color}), (~truth, "without", {"color": MUTED})):
                n = int(kind.sum())
                share = 100 * np.histogram(sure[kind], BINS)[0] / max(n, 1)
                if word == "with":
                    axes.stairs(share, BINS, fill=True, alpha=0.35, linewidth=0, label=f"{word} (n = {n})", **style)
                else:
                    axes.stairs(share, BINS, linewidth=1.5, label=f"{word} (n = {n})", **style)
            if not results.exclusive or len(results.structures) == 2:
                axes.axvline(0.5, color=INK, linewidth=0.9, linestyle=(0, (1, 2)))
            axes.set_title(shorten(plain(structure.name), 24))
            axes.set_xlim(0, 1)
            quiet_axes(axes, grid="y")
            quiet_legend(axes, "upper center")
        top = max(axes.get_ylim()[1] for axes in cells[: len(shown)])
        cells[0].set_ylim(0, 1.25 * top)
        for axes in cells[len(shown) :]:
            axes.set_axis_off()
        for place, axes in enumerate(cells[: len(shown)]):
            if place + columns >= len(shown):
                axes.set_xlabel("probability")
                axes.tick_params(labelbottom=True)
            if place % columns == 0:
                axes.set_ylabel("% of these cases")

    threshold = " The dotted line is the threshold." if not results.exclusive or len(results.structures) == 2 else ""
    return Drawing(
        WIDTH,
        2.7 * rows,
        paint,
        "Probability that the model gives to a class, for cases with the class (filled) and without it (line), "
        "each as a "
        f"share of its own cases. The less the two overlap, the better.{threshold}",
    )
