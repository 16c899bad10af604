"""Which classes are taken for which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from medopt.metrics import confusion_matrix
from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import INK, LINE, look
from medopt.report.record import Record
from medopt.report.text import plain, shorten
from medopt.validation import ClassResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_CLASSES = 12
"""With more classes the numbers would not be readable."""


def draw(record: Record) -> Drawing | None:
    """A row a true class, a column a predicted one; None without results of exclusive classes, or with too many."""
    results = record.results
    if not isinstance(results, ClassResults) or not results.cases or not results.exclusive:
        return None
    names = [s.name for s in results.structures]
    if len(names) > MOST_CLASSES:
        return None
    truth = [names.index(case.present[0]) for case in results.cases]
    said = [names.index(case.predicted[0]) for case in results.cases]
    matrix = confusion_matrix(truth, said, len(names))
    side = min(0.9, 6.0 / len(names))
    color = look(1).color

    def paint(figure: Figure) -> None:
        from matplotlib.patches import Rectangle

        axes = figure.subplots()
        totals = matrix.sum(axis=1)
        for row, column in np.ndindex(matrix.shape):
            share = matrix[row, column] / totals[row] if totals[row] else 0.0
            box = Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=color, alpha=0.7 * share, linewidth=0)
            axes.add_patch(box)
            text = f"{matrix[row, column]}" + (f"\n{100 * share:.0f} %" if totals[row] else "")
            weight = "bold" if row == column else "normal"
            axes.text(column, row, text, ha="center", va="center", color=INK, fontsize=9, fontweight=weight)
        for edge in range(len(names) + 1):
            axes.plot([edge - 0.5] * 2, [-0.5, len(names) - 0.5], color=LINE, linewidth=0.8)
            axes.plot([-0.5, len(names) - 0.5], [edge - 0.5] * 2, color=LINE, linewidth=0.8)
        axes.set_xlim(-0.5, len(names) - 0.5)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_aspect("equal", anchor="W")
        short = [shorten(plain(name), 16) for name in names]
        turned = max(len(name) for name in short) * 0.075 > side
        axes.set_xticks(range(len(names)), short, rotation=30 if turned else 0, ha="right" if turned else "center")
        axes.set_yticks(range(len(names)), [f"{n} (n = {t})" for n, t in zip(short, totals, strict=True)])
        axes.set_xlabel("predicted")
        axes.set_ylabel("reference")
        quiet_axes(axes)
        for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
            label.set_color(INK)

    return Drawing(
        WIDTH,
        0.9 + side * len(names),
        paint,
        f"{len(results.cases)} cases: how many of each true class (row) the model takes for each class (column), "
        f"and their "
        "share of the row, by which cells are coloured. On the diagonal it is right.",
    )
